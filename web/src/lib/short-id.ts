/** Eight characters of an id for people to tell things apart by: its end, because ids that were made together begin alike. */
export function shortId(id: string): string {
  return id.slice(-8);
}
