import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MessageSquare, SquarePen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ChatModel } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Button } from '@/components/ui/button';
import { EmptyState } from '@/components/ui/empty-state';
import { Select } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { useCan, useMe } from '@/features/session/session';
import { Composer } from './composer';
import { chatModelsQuery } from './queries';
import { Transcript } from './transcript';
import { useConversation } from './use-conversation';

type ChatPageProps = { modelId?: string; onModel: (id: string) => void };

export function ChatPage({ modelId, onModel }: ChatPageProps) {
  const query = useQuery(chatModelsQuery);
  return (
    <Loaded query={query} skeleton={<Skeleton className="mx-auto h-96 w-full max-w-3xl" />}>
      {({ items }) => (items.length === 0 ? <NoModels /> : <Chat models={items} modelId={modelId} onModel={onModel} />)}
    </Loaded>
  );
}

function Chat({ models, modelId, onModel }: ChatPageProps & { models: ChatModel[] }) {
  const { t } = useTranslation();
  const conversation = useConversation();
  const wanted = modelId ?? conversation.model;
  const model = models.find(({ id }) => id === wanted) ?? models.find(({ is_ready }) => is_ready) ?? models[0];
  if (!model) return null;
  return (
    <div className="mx-auto flex w-full max-w-6xl flex-1 flex-col gap-4">
      <header className="flex items-center gap-2">
        <h1 className="mr-auto font-semibold text-xl">{t('chat.title')}</h1>
        <Select
          aria-label={t('chat.model')}
          value={model.id}
          onChange={(event) => onModel(event.target.value)}
          className="w-auto min-w-0"
        >
          {readyFirst(models).map((entry) => (
            <option key={entry.id} value={entry.id}>
              {entry.is_ready ? entry.name : t('chat.notReadyOption', { name: entry.name })}
            </option>
          ))}
        </Select>
        <Button
          variant="ghost"
          size="icon"
          aria-label={t('chat.newConversation')}
          title={t('chat.newConversation')}
          disabled={conversation.turns.length === 0}
          onClick={() => conversation.clear()}
        >
          <SquarePen aria-hidden />
        </Button>
      </header>
      <div className="mx-auto flex w-full max-w-3xl flex-1 flex-col gap-4">
        {conversation.turns.length > 0 ? (
          <Transcript turns={conversation.turns} onRetry={() => conversation.retry(model.id)} />
        ) : (
          <div className="grid flex-1 place-items-center">
            {availability(model) ? <NotReadyYet model={model} /> : <Opening name={model.name} />}
          </div>
        )}
        <Composer
          conversation={conversation}
          notice={conversation.turns.length > 0 ? availability(model) : null}
          onSend={(content) => conversation.send(model.id, content)}
        />
      </div>
    </div>
  );
}

/** Those that answer now, then the others, each in the order of the server. */
function readyFirst(models: ChatModel[]): ChatModel[] {
  return [...models].sort((left, right) => Number(right.is_ready) - Number(left.is_ready));
}

function availability(model: ChatModel): 'not_operational' | 'not_ready' | null {
  if (model.missing_activations.length > 0) return 'not_operational';
  return model.is_ready ? null : 'not_ready';
}

function Opening({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <div className="text-center">
      <h2 className="font-semibold text-lg">{t('chat.emptyTitle')}</h2>
      <p className="mt-1 text-muted">{t('chat.emptyDetail', { name })}</p>
    </div>
  );
}

/** Instead of an invitation to ask what wouldn't answer: what it takes until it does, and the button for those who may. */
function NotReadyYet({ model }: { model: ChatModel }) {
  const { t } = useTranslation();
  const canDeploy = useCan('instance.create');
  const isPersonal = useMe().current_organization_id == null;
  const who = canDeploy ? 'deploy' : isPersonal ? 'organization' : 'ask';
  return (
    <EmptyState
      icon={MessageSquare}
      title={t('chat.waiting.title', { name: model.name })}
      action={
        who !== 'ask' && (
          <Button asChild variant="primary">
            <Link to={who === 'deploy' ? '/instances' : '/organizations'}>
              {t(who === 'deploy' ? 'instances.title' : 'organizations.title')}
            </Link>
          </Button>
        )
      }
    >
      {t(`chat.waiting.${who}`)}
    </EmptyState>
  );
}

function NoModels() {
  const { t } = useTranslation();
  const canDeploy = useCan('instance.create');
  return (
    <>
      <h1 className="sr-only">{t('chat.title')}</h1>
      <EmptyState
        icon={MessageSquare}
        title={t('chat.noModels')}
        action={
          canDeploy && (
            <Button asChild variant="primary">
              <Link to="/instances/deploy">{t('instances.deploy')}</Link>
            </Button>
          )
        }
      >
        {t('chat.noModelsDetail')}
      </EmptyState>
    </>
  );
}
