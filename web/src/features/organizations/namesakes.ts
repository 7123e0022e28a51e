type Named = { name: string; slug: string };

/** Says which of these organizations share their name, as people read it: those need their slug to be told apart. */
export function namesakesAmong(organizations: readonly Named[]): (organization: Named) => boolean {
  const counts = new Map<string, number>();
  for (const { name } of organizations) counts.set(asRead(name), (counts.get(asRead(name)) ?? 0) + 1);
  return ({ name }) => (counts.get(asRead(name)) ?? 0) > 1;
}

/** The name by which each of these organizations is known among the others: with its slug where names collide. */
export function distinctNames(organizations: readonly Named[]): (organization: Named) => string {
  const hasNamesake = namesakesAmong(organizations);
  return (organization) =>
    hasNamesake(organization) ? `${organization.name} (${organization.slug})` : organization.name;
}

/** The first of these organizations that already has the name. */
export function namesakeOf<Organization extends Named>(
  organizations: readonly Organization[],
  name: string,
): Organization | undefined {
  return organizations.find((organization) => asRead(organization.name) === asRead(name));
}

function asRead(name: string): string {
  return name.trim().toLowerCase();
}
