import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { KeyRound, type LucideIcon, Server, Shapes, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { apiKeysQuery } from '@/features/api-keys/queries';
import { instancesQuery } from '@/features/instances/queries';
import { instanceName } from '@/features/instances/status';
import { membersQuery } from '@/features/members/queries';
import { modelsQuery } from '@/features/models/queries';
import { useCan } from '@/features/session/session';
import { personName } from '@/lib/person-name';
import { finds, searchWords } from '@/lib/search-words';
import { CommandGroup } from './command-group';
import { commandItem } from './command-styles';

/** More of a kind are found on its page. */
const MOST_OF_A_KIND = 6;

type FoundThingsProps = { typed: string; run: (act: () => void) => () => void };

/** The instances, models, keys and members of this workspace whose names have what is typed, each leading to where it is. */
export function FoundThings({ typed, run }: FoundThingsProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const looking = searchWords(typed) !== '';
  const instances = useQuery({ ...instancesQuery, enabled: useCan('instance.read') && looking });
  const models = useQuery({ ...modelsQuery, enabled: useCan('model.read') && looking });
  const keys = useQuery({ ...apiKeysQuery, enabled: useCan('api_key.read') && looking });
  const members = useQuery({ ...membersQuery, enabled: useCan('member.read') && looking });
  if (!looking) return null;
  const kinds: Kind[] = [
    {
      heading: t('instances.title'),
      icon: Server,
      things: (instances.data?.items ?? []).map((instance) => ({
        id: instance.id,
        name: instanceName(instance),
        words: `${instanceName(instance)} ${instance.model_name} ${instance.id} ${instance.zone_code}`,
        open: () => router.navigate({ to: '/instances/$instanceId', params: { instanceId: instance.id } }),
      })),
    },
    {
      heading: t('models.title'),
      icon: Shapes,
      things: (models.data?.items ?? []).map(({ id, name, model_id }) => ({
        id,
        name,
        words: `${name} ${model_id}`,
        open: () => router.navigate({ to: '/models/$modelId', params: { modelId: id } }),
      })),
    },
    {
      heading: t('apiKeys.title'),
      icon: KeyRound,
      things: (keys.data?.items ?? []).map(({ id, name, prefix }) => ({
        id,
        name,
        words: `${name} ${prefix}`,
        open: () => router.navigate({ to: '/api-keys', search: { q: name } }),
      })),
    },
    {
      heading: t('members.title'),
      icon: Users,
      things: (members.data?.items ?? []).map((member) => ({
        id: member.user_id,
        name: personName(member),
        words: `${personName(member)} ${member.email} ${member.username}`,
        open: () => router.navigate({ to: '/organization/members', search: { q: member.email } }),
      })),
    },
  ];
  return kinds.map((kind) => <Found key={kind.heading} kind={kind} typed={typed} run={run} />);
}

type Thing = { id: string; name: string; words: string; open: () => unknown };
type Kind = { heading: string; icon: LucideIcon; things: Thing[] };

function Found({ kind, typed, run }: FoundThingsProps & { kind: Kind }) {
  const found = kind.things.filter(({ words }) => finds(words.toLowerCase(), typed)).slice(0, MOST_OF_A_KIND);
  if (found.length === 0) return null;
  return (
    <CommandGroup heading={kind.heading}>
      {found.map(({ id, name, words, open }) => (
        <Command.Item key={id} value={`${kind.heading} ${words} ${id}`} onSelect={run(open)} className={commandItem}>
          <kind.icon aria-hidden />
          <span className="truncate">{name}</span>
        </Command.Item>
      ))}
    </CommandGroup>
  );
}
