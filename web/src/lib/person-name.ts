type Person = { first_name?: string | null; last_name?: string | null; username: string };

/** "Ada Lovelace", or the username of someone who gave no name. */
export function personName(person: Person): string {
  return [person.first_name, person.last_name].filter(Boolean).join(' ') || person.username;
}
