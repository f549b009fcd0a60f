import {
  ApiError,
  deepEqual,
  loadPatches,
  type JsonObject,
  type KubeObject,
  type RuledWrite,
  type Webhook,
} from '../../api/index.ts';
import type { Target } from '../context.ts';
import { toStored, toVersion } from '../convert.ts';
import { asTyped } from '../typed-body.ts';
import { askWebhook, type AskContext, type Invocation } from './ask-webhook.ts';
import { failedCalling, internalError, WebhookFailure } from './failures.ts';
import { invocationOf, webhooksOf } from './webhook-rules.ts';

const { jsonPatch } = await loadPatches();

/** What is being made of the object. */
interface Mutation {
  readonly write: RuledWrite;
  readonly context: AskContext;
}

/**
 * The object as the mutating webhooks want it, one after another.
 *
 * Those that ask for it are asked once more where another one has changed the object after them.
 *
 * @throws ApiError where one refuses, or fails and must not. @see apiserver `admission/plugin/webhook/mutating`
 */
export async function mutateByWebhooks(
  write: RuledWrite,
  context: AskContext,
): Promise<KubeObject | undefined> {
  const webhooks = webhooksOf(context.api.store, 'Mutating');
  const first = await askAll(webhooks, { write, context });
  if (first.again.size === 0) return first.object;
  const again = webhooks.filter((webhook) => first.again.has(webhook));
  const { object } = await askAll(again, { write: withObject(write, first.object), context });
  return object;
}

interface Round {
  readonly object: KubeObject | undefined;
  /** Those that want to see what became of the object after they were asked. */
  readonly again: ReadonlySet<Webhook>;
}

async function askAll(webhooks: readonly Webhook[], { write, context }: Mutation): Promise<Round> {
  let { object } = write;
  const again = new Set<Webhook>();
  const asked = new Set<Webhook>();
  const { rules } = context;
  for (const webhook of webhooks) {
    const current = rules.beforeNaming(withObject(write, object));
    const invocation = await invocationOf(webhook, current, { rules, type: 'Mutating' });
    if (invocation === undefined) continue;
    const changed = await mutate(invocation, context);
    if (!deepEqual(changed, object)) for (const earlier of asked) again.add(earlier);
    object = changed;
    if (webhook.reinvocationPolicy === 'IfNeeded') asked.add(webhook);
  }
  return { object, again };
}

function withObject(write: RuledWrite, object: KubeObject | undefined): RuledWrite {
  return { ...write, object };
}

async function mutate(
  invocation: Invocation,
  context: AskContext,
): Promise<KubeObject | undefined> {
  const { webhook, write } = invocation;
  const patch = (await askWebhook(invocation, context))?.patch;
  const { object } = write;
  if (patch === undefined) return object;
  const operations = readPatch(patch, webhook);
  if (operations === undefined || (Array.isArray(operations) && operations.length === 0))
    return object;
  if (object === undefined)
    throw internalError(
      `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  return patched(object, operations, invocation);
}

/** @returns undefined where it cannot be read and that is no matter. @throws ApiError */
function readPatch(text: string, { name, failurePolicy }: Webhook): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (failurePolicy === 'Ignore') return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw failedCalling(
      name,
      new WebhookFailure(`received undecodable patch in webhook response: ${why}`),
    );
  }
}

/** The object as the patch leaves it, read as its kind, with its defaults. @throws ApiError InternalError. */
function patched(
  object: KubeObject,
  operations: unknown,
  { write, version }: Invocation,
): KubeObject {
  const { definition, old } = write;
  try {
    const inVersion = toVersion(object, definition, version) as unknown as JsonObject;
    // What a patch leaves is read as an object of the kind.
    const value = jsonPatch(inVersion, operations) as KubeObject;
    // The store looks whether it is where it was.
    const { namespace = '' }: Partial<KubeObject['metadata']> = value.metadata ?? {};
    const place = namespace === '' ? {} : { namespace };
    const target: Target = { definition, version, rest: '', ...place };
    const stored = toStored(asTyped({ value, complaints: [] }, target).value, definition, version);
    // Rows take and give objects of their own kind.
    return (definition.defaults?.(stored, { old }) as KubeObject | undefined) ?? stored;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw internalError(error.message.replace(/^.*? cannot be handled as an? \w+: /, ''));
  }
}
