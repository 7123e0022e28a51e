export type Difference = { field: string; before: string | null; after: string | null; changed: boolean };

/** What was and what became, field by field, those that changed first. A side that says nothing is null. */
export function differences(before: unknown, after: unknown): Difference[] {
  const left = fieldsOf(before);
  const right = fieldsOf(after);
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((field) => {
      const was = left.get(field) ?? null;
      const became = right.get(field) ?? null;
      return { field, before: was, after: became, changed: was !== became };
    })
    .sort((one, other) => Number(other.changed) - Number(one.changed) || one.field.localeCompare(other.field));
}

function fieldsOf(value: unknown): Map<string, string> {
  if (value === null || value === undefined) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) return new Map([['', written(value)]]);
  return new Map(Object.entries(value).map(([field, content]) => [field, written(content)]));
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
