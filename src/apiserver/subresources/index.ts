/** What of a resource is no part of its object: each a handler, named `resource/subresource`, or a resource of its own. */
import type { ResourceHandler } from '../context.ts';
import { bindPod } from './binding.ts';
import { evictPod } from './eviction.ts';
import { answerReview, REVIEW_RESOURCES } from './reviews.ts';
import { serveScale } from './scale.ts';

/** Subresources that need nothing but the store. */
export const STORE_SUBRESOURCES: ReadonlyMap<string, ResourceHandler> = new Map<
  string,
  ResourceHandler
>([
  ['*/scale', serveScale],
  ['pods/eviction', evictPod],
  ['pods/binding', bindPod],
  ['bindings', bindPod],
  ...REVIEW_RESOURCES.map((name): [string, ResourceHandler] => [name, answerReview]),
]);
