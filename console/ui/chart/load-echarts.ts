/** Only the parts of ECharts the pages draw with; fetched when the first chart comes into being. */
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import {
	AriaComponent,
	GridComponent,
	MarkAreaComponent,
	MarkLineComponent,
	TooltipComponent,
} from "echarts/components";
import * as core from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

core.use([
	BarChart,
	LineChart,
	ScatterChart,
	AriaComponent,
	GridComponent,
	MarkAreaComponent,
	MarkLineComponent,
	TooltipComponent,
	CanvasRenderer,
]);

export { core as echarts };
