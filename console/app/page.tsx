import { OverviewView } from "../views/overview/OverviewView.tsx";

export default function Page() {
	return <OverviewView />;
}
