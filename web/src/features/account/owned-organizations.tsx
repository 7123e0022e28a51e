import { asProblem } from '@/api/problem';

const PREFIX = 'organizations.';

/** The organizations that would be left without an owner, as a refused closing names them. */
export function OwnedOrganizations({ error }: { error: unknown }) {
  const slugs = (asProblem(error).errors ?? [])
    .filter(({ field }) => field.startsWith(PREFIX))
    .map(({ field }) => field.slice(PREFIX.length));
  if (slugs.length === 0) return null;
  return (
    <ul className="mt-2 list-disc pl-5">
      {slugs.map((slug) => (
        <li key={slug} className="font-mono text-xs">
          {slug}
        </li>
      ))}
    </ul>
  );
}
