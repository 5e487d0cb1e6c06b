import { style } from "../text/output.ts";

/** A round as the demo's table shows it. */
export interface RoundRow {
  readonly round: number;
  readonly metric: number | undefined;
  readonly loss: number | undefined;
  readonly updates: string;
  readonly attested: string;
  readonly gas: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly modelRoot: string;
}

const columns = [
  ["round", 5],
  ["metric", 8],
  ["loss", 8],
  ["updates", 8],
  ["attested", 9],
  ["gas", 10],
  ["moved", 9],
  ["time", 7],
] as const;

/** The demo's live table: finished rounds as rows, and on a terminal one line below them that says what goes on now. */
export interface LiveView {
  header(metric: string): void;
  row(row: RoundRow): void;
  /** A line that stays. */
  note(text: string): void;
  /** Replaces the line that says what goes on now; nothing where the output is no terminal. */
  status(text: string): void;
  close(): void;
}

/** A live view on standard output. */
export function createLiveView(out: NodeJS.WriteStream = process.stdout): LiveView {
  let status = "";
  const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
  let frame = 0;
  const clear = () => {
    if (status !== "") out.write("\r\u001b[2K");
  };
  const draw = () => {
    if (status !== "")
      out.write(
        `\r\u001b[2K${style("cyan", frames[frame++ % frames.length] as string)} ${status.slice(0, (out.columns ?? 80) - 3)}`,
      );
  };
  const line = (text: string) => {
    clear();
    out.write(`${text}\n`);
    draw();
  };
  const timer = out.isTTY ? setInterval(draw, 120) : undefined;
  timer?.unref();
  return {
    header: (metric) =>
      line(
        style(
          "bold",
          `${columns.map(([name, width]) => (name === "metric" ? metric : name).padStart(width)).join("  ")}  model root`,
        ),
      ),
    row: (row) => {
      const cells = [
        String(row.round),
        row.metric?.toFixed(4) ?? "–",
        row.loss?.toFixed(4) ?? "–",
        row.updates,
        row.attested,
        row.gas.toLocaleString("en"),
        formatBytes(row.bytes),
        `${row.seconds.toFixed(1)} s`,
      ];
      line(
        `${columns.map(([, width], index) => (cells[index] ?? "").padStart(width)).join("  ")}  ${row.modelRoot.slice(0, 18)}…`,
      );
    },
    note: line,
    status: (text) => {
      if (!out.isTTY) return;
      clear();
      status = text;
      draw();
    },
    close: () => {
      clearInterval(timer);
      clear();
      status = "";
    },
  };
}

/** A number of bytes for people: 1 kB = 1000 B. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
