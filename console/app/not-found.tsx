import { NotFoundView } from "../views/shell/NotFoundView.tsx";

export default function NotFound() {
	return <NotFoundView />;
}
