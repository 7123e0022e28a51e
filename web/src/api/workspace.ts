/** `personal`, or the organization's id: what the pages on the screen were loaded for. Null before sign-in. */
let workspace: string | null = null;

export function currentWorkspace(): string | null {
  return workspace;
}

export function rememberWorkspace(organizationId: string | null | undefined): void {
  workspace = organizationId === undefined ? null : (organizationId ?? 'personal');
}
