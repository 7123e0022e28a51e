/** What is searched for: blanks around it and more than one between words are slips of the hand. */
export function searchWords(typed: string | undefined): string {
  return (typed ?? '').trim().replace(/\s+/g, ' ');
}

/** Whether a text, in small letters, has what is searched for. */
export function finds(text: string, typed: string | undefined): boolean {
  return text.includes(searchWords(typed).toLowerCase());
}
