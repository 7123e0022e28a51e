/** The dialogs of the card that have an address; which page they stand on is that page's matter. */
export const factorDialogs = ['totp', 'passkey'] as const;
export type FactorDialog = (typeof factorDialogs)[number] | undefined;
