/** Order of year, month and day in a date's text. */
export type DateOrder = "ymd" | "dmy" | "mdy";

const patterns: Readonly<Record<DateOrder, RegExp>> = {
  // a year alone and a month of a year are dates, too (as in HL7 FHIR); ISO 8601 times may follow
  ymd: /^(?<y>\d{4})(?:(?<sep>[-/.])(?<m>\d{1,2})(?:\k<sep>(?<d>\d{1,2})(?:[T ]\d{2}:\d{2}.*)?)?)?$/,
  dmy: /^(?<d>\d{1,2})(?<sep>[-/.])(?<m>\d{1,2})\k<sep>(?<y>\d{4})$/,
  mdy: /^(?<m>\d{1,2})(?<sep>[-/.])(?<d>\d{1,2})\k<sep>(?<y>\d{4})$/,
};

/**
 * The year of a date, or undefined where the text is no date of the calendar (Gregorian, years 1 to 9999). Years have
 * four digits; parts are separated by - or / or a point, one kind in a date. A time zone changes nothing: the date is
 * taken as it is written.
 */
export function yearOfDate(text: string, order: DateOrder): number | undefined {
  const parts = patterns[order].exec(text.trim())?.groups;
  if (parts === undefined) return undefined;
  const [year, month, day] = [Number(parts.y), Number(parts.m ?? 1), Number(parts.d ?? 1)];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  return year;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
