import { useLocation } from '@tanstack/react-router';

/** The token of a mailed link. It stands in the fragment, which browsers never send to a server. */
export function useLinkToken(): string | null {
  const { hash } = useLocation();
  return new URLSearchParams(hash).get('token');
}
