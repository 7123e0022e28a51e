/** `personal`, or the organization's id: what the pages on the screen were loaded for. Null before sign-in. */
let workspace: string | null = null;
/** The organization's slug, as addresses carry it; none in Personal. */
let address: string | undefined;

export function currentWorkspace(): string | null {
  return workspace;
}

export function addressOfWorkspace(): string | undefined {
  return address;
}

export function rememberWorkspace(organizationId: string | null | undefined, slug?: string | null): void {
  workspace = organizationId === undefined ? null : (organizationId ?? 'personal');
  address = slug ?? undefined;
}
