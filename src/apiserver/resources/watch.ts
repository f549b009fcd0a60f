import { ApiError, toApiStatus, type KubeObject, type StoreEvent } from '../../api/index.ts';
import { apiVersionOf, type ApiContext, type Target } from '../context.ts';
import { frameOf } from '../object-json.ts';
import { representFrame, type View } from '../represent.ts';
import type { ApiRequest, ApiResponse, StreamSink } from '../request.ts';
import { checkListOptions } from './list-options.ts';
import { isSet, numberParameter } from './parameters.ts';
import { selectionOf, viewOf } from './read.ts';
import { parseRevision } from './revisions.ts';
import { inTurn } from './turns.ts';

/** Marks the bookmark that ends a WatchList's first part. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** How often a client that wants bookmarks hears how far the store is. */
const BOOKMARK_MS = 60_000;

/** How long a watch lasts that does not say: from this to twice this, so that watches do not all end at once. */
const DEFAULT_TIMEOUT_SECONDS = 1800;

/** Frames that may wait for a slow client; one that is further behind is cut off and lists anew. */
const MAX_WAITING = 20_000;

/**
 * `GET` of a collection with `watch`, and `GET …/watch/…`.
 *
 * @see Kubernetes API concepts, efficient detection of changes, streaming lists
 */
export function watchObjects(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): ApiResponse {
  const view = viewOf(request, context);
  const { query } = request;
  const revision = parseRevision(query.get('resourceVersion'));
  const sendsList = isSet(query, 'sendInitialEvents');
  checkListOptions(query, true);
  const wantsBookmarks = isSet(query, 'allowWatchBookmarks');
  const seconds = numberParameter(query, 'timeoutSeconds');
  const lifetime = seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS * (1 + context.random());
  const from = sendsList || revision === undefined || revision === 0 ? undefined : revision;
  // Selectors that cannot be read are refused before the stream begins.
  context.store.list<string>(target.definition.name, {
    ...selectionOf(target, query),
    namespace: '\u0000',
  });
  return {
    status: 200,
    kind: 'stream',
    contentType: view.form.format === 'yaml' ? 'application/yaml' : 'application/json',
    run: (sink) =>
      new WatchStream({ target, context, view, sink }).run({
        selection: selectionOf(target, query),
        from,
        bookmarks: { every: wantsBookmarks, afterList: sendsList && wantsBookmarks },
        lifetimeMs: lifetime * 1000,
      }),
  };
}

interface StreamParts {
  readonly target: Target;
  readonly context: ApiContext;
  readonly view: View;
  readonly sink: StreamSink;
}

interface WatchPlan {
  readonly selection: ReturnType<typeof selectionOf>;
  /** Events after this revision; undefined for the present objects first. */
  readonly from: number | undefined;
  readonly bookmarks: { readonly every: boolean; readonly afterList: boolean };
  readonly lifetimeMs: number;
}

/** One client's watch: what happens is queued, and written as fast as the client takes it. */
class WatchStream {
  readonly #parts: StreamParts;
  readonly #waiting: Buffer[] = [];
  readonly #done = Promise.withResolvers<void>();
  /** Whether somebody will flush what waits already: a turn, or the client that takes more. */
  #isDue = false;
  #isOver = false;
  #isFirst = true;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  async run(plan: WatchPlan): Promise<void> {
    const { context, sink } = this.#parts;
    using stack = new DisposableStack();
    const end = (): void => this.#end();
    sink.signal.addEventListener('abort', end);
    stack.defer(() => sink.signal.removeEventListener('abort', end));
    stack.use(context.clock.setTimer(plan.lifetimeMs, end));
    if (this.#subscribe(plan, stack)) {
      if (plan.bookmarks.afterList) this.#queueBookmark({ [INITIAL_EVENTS_END]: 'true' });
      if (plan.bookmarks.every) this.#keepMarking(stack);
    }
    await this.#done.promise;
  }

  /** Whether the watch could begin; otherwise its error is on its way. */
  #subscribe({ selection, from }: WatchPlan, stack: DisposableStack): boolean {
    const { target, context } = this.#parts;
    const options = {
      ...selection,
      ...(from === undefined ? { sendInitialEvents: true } : { sinceRevision: from }),
    };
    try {
      // A version that was never given out here comes from another life of the server.
      if (from !== undefined && from > context.store.revision)
        throw new ApiError('Expired', `too old resource version: ${from} (of another server)`);
      stack.use(
        context.store.watch<string>(
          target.definition.name,
          (event) => this.#queueEvent(event),
          options,
        ),
      );
      return true;
    } catch (error) {
      this.#queue({ type: 'ERROR', object: toApiStatus(error) });
      this.#end();
      return false;
    }
  }

  #queueEvent({ type, object }: StoreEvent): void {
    const { target, view } = this.#parts;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#push(
      isFirst && view.form.as === 'Table'
        ? this.#frame(type, object, true)
        : this.#sharedFrame(type, object),
    );
    if (this.#waiting.length > MAX_WAITING) {
      this.#parts.context.log.warn('a watcher that reads too slowly was cut off', {
        resource: target.definition.plural,
      });
      this.#waiting.length = 0;
      this.#end();
    }
  }

  #sharedFrame(type: string, object: KubeObject): Buffer {
    const { target, view } = this.#parts;
    // Ages in Tables depend on when they are read.
    return view.form.as === 'Table'
      ? this.#frame(type, object, false)
      : frameOf(type, object, { target, view });
  }

  #frame(type: string, object: KubeObject, isFirst: boolean): Buffer {
    const { target, context } = this.#parts;
    const view = { ...this.#parts.view, now: context.clock.now() };
    return lineOf({ type, object: representFrame(object, target, { view, isFirst }) });
  }

  #keepMarking(stack: DisposableStack): void {
    const { clock } = this.#parts.context;
    let timer: Disposable | undefined;
    const mark = (): void => {
      timer = clock.setTimer(BOOKMARK_MS, () => {
        this.#queueBookmark({});
        mark();
      });
    };
    mark();
    stack.defer(() => timer?.[Symbol.dispose]());
  }

  #queueBookmark(annotations: Readonly<Record<string, string>>): void {
    const { target, context } = this.#parts;
    const { kind } = target.definition;
    const hasAnnotations = Object.keys(annotations).length > 0;
    this.#queue({
      type: 'BOOKMARK',
      object: {
        kind,
        apiVersion: apiVersionOf(target),
        metadata: {
          resourceVersion: String(context.store.revision),
          creationTimestamp: null,
          ...(hasAnnotations && { annotations }),
        },
      },
    });
  }

  #queue(frame: object): void {
    this.#push(lineOf(frame));
  }

  #push(frame: Buffer): void {
    if (this.#isOver) return;
    this.#waiting.push(frame);
    this.#flushSoon();
  }

  #end(): void {
    this.#isOver = true;
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    inTurn(() => this.#flush());
  }

  /** Writes what waits; the watch is done when it is over and all is written. */
  #flush(): void {
    const { sink } = this.#parts;
    this.#isDue = false;
    if (this.#waiting.length > 0 && !sink.signal.aborted) {
      const taken = sink.write(joined(this.#waiting.splice(0)));
      if (taken !== undefined) {
        this.#isDue = true;
        void taken.then(() => this.#flush());
        return;
      }
    }
    if (this.#isOver) this.#done.resolve();
  }
}

function lineOf(frame: object): Buffer {
  return Buffer.from(`${JSON.stringify(frame)}\n`);
}

/** Most often there is one, which is shared with other watchers. */
function joined(frames: readonly Buffer[]): Buffer {
  const [first] = frames;
  return first !== undefined && frames.length === 1 ? first : Buffer.concat(frames);
}
