import { useLocation } from '@tanstack/react-router';

/** The token of a mailed link. It stands in the fragment, which browsers never send to a server. */
export function linkToken({ hash }: { hash: string }): string | null {
  return new URLSearchParams(hash).get('token');
}

export function useLinkToken(): string | null {
  return linkToken(useLocation());
}
