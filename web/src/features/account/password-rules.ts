/** Characters; the server also refuses what guessers try first. */
export const SHORTEST_PASSWORD = 12;
