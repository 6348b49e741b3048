// Times as the server writes them. Pure.

/** UTC microseconds of "2026-11-24T12:00:00.123456Z". */
export function timeUs(text: string): number {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? '';
  return Date.parse(text.replace(/\.\d+Z$/, 'Z')) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** What an input of the type datetime-local holds, in the reader's own time zone. */
export function localText(us: number): string {
  const date = new Date(us / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
