/** As many as the server takes in one request. */
export const MOST_ADDRESSES = 50;

const NAMED = /<([^<>]+)>/;

/**
 * The addresses in what somebody typed or pasted: separated by commas, semicolons, blanks or lines, also in the form
 * "Ada Lovelace <ada@example.com>". In lower case, each once, in their order.
 */
export function parseAddresses(text: string): string[] {
  const parts = text.split(/[\n,;]+/).flatMap((part) => {
    const named = NAMED.exec(part)?.[1];
    return named === undefined ? part.split(/\s+/) : [named];
  });
  return [...new Set(parts.map((part) => part.trim().toLowerCase()).filter((part) => part !== ''))];
}

/** Those that can't be an address at all; the server has the last word on the others. */
export function malformed(addresses: string[]): string[] {
  return addresses.filter((address) => !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address));
}
