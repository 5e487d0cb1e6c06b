/** Text that is safe to put into a page: made by {@link html}, or fixed text of ours. */
export interface Html {
  readonly html: string;
}

/** What can stand in a template: text is escaped, `undefined` and `false` are nothing. */
export type HtmlValue = Html | string | number | bigint | false | undefined | readonly HtmlValue[];

/** A template whose values are escaped, in text and in quoted attributes, unless they are Html. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: strings.map((text, i) => text + (i < values.length ? textOf(values[i]) : "")).join("") };
}

/** Fixed text of ours, taken as it is. Never for data. */
export function trusted(text: string): Html {
  return { html: text };
}

/** Plain text as HTML text: quotes included, so that it is safe in quoted attributes too. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** JSON that can stand inside a script element. */
export function jsonForScript(value: unknown): Html {
  return {
    html: JSON.stringify(value)
      .replaceAll("<", "\\u003c")
      .replaceAll("\u2028", "\\u2028")
      .replaceAll("\u2029", "\\u2029"),
  };
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "object") return "html" in value ? value.html : value.map(textOf).join("");
  return escapeHtml(String(value));
}
