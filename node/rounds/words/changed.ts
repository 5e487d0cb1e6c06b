/** The value with these fields; the value itself where it has them already. */
export function changed<T extends object>(value: T, fields: Partial<T>): T {
  const isSame = (Object.keys(fields) as (keyof T)[]).every((name) => fields[name] === value[name]);
  return isSame ? value : { ...value, ...fields };
}
