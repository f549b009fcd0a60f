/** What of a resource is no part of its object: each a handler, named `resource/subresource`, or a resource of its own. */
import type { ResourceHandler } from '../context.ts';
import { bindPod } from './binding.ts';
import { evictPod } from './eviction.ts';
import { answerReview, REVIEW_RESOURCES } from './reviews.ts';
import { serveLog } from './log.ts';
import { serveNodeProxy } from './node-proxy.ts';
import { serveEphemeralContainers, serveResize } from './pod-parts.ts';
import { serveProxy } from './proxy.ts';
import { requireUpgrade } from './upgrades.ts';
import { serveScale } from './scale.ts';
import { requestToken, reviewToken } from './token.ts';

/** Every one of them. */
export const SUBRESOURCES: ReadonlyMap<string, ResourceHandler> = new Map<string, ResourceHandler>([
  ['*/scale', serveScale],
  ['pods/eviction', evictPod],
  ['pods/binding', bindPod],
  ['bindings', bindPod],
  ['pods/ephemeralcontainers', serveEphemeralContainers],
  ['pods/resize', serveResize],
  ['pods/log', serveLog],
  ['pods/proxy', serveProxy],
  ['services/proxy', serveProxy],
  ['nodes/proxy', serveNodeProxy],
  ['serviceaccounts/token', requestToken],
  ['tokenreviews', reviewToken],
  ['pods/exec', requireUpgrade],
  ['pods/attach', requireUpgrade],
  ['pods/portforward', requireUpgrade],
  ...REVIEW_RESOURCES.map((name): [string, ResourceHandler] => [name, answerReview]),
]);
