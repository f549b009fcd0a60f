import { ApiError, type KubeObject } from '../api/index.ts';
import type { KnownObject } from './change.ts';
import type { Announce, EventNote } from './controller.ts';
import { refOf } from './owner.ts';

/** Says on `owner` that it made a Pod, or why it could not. @see kubernetes controller_utils.go `createPods` */
export function announceCreatedPod(owner: KnownObject): Announce {
  return (outcome) =>
    outcome instanceof ApiError
      ? warning(owner, 'FailedCreate', `Error creating: ${outcome.message}`)
      : normal(owner, 'SuccessfulCreate', `Created pod: ${nameOf(outcome)}`);
}

/** Says on `owner` that it deleted a Pod, or why it could not. */
export function announceDeletedPod(owner: KnownObject): Announce {
  return (outcome) =>
    outcome instanceof ApiError
      ? warning(owner, 'FailedDelete', `Error deleting: ${outcome.message}`)
      : normal(owner, 'SuccessfulDelete', `Deleted pod: ${nameOf(outcome)}`);
}

/** Something that went as it should. */
export function normal(about: KnownObject, reason: string, message: string): EventNote {
  return { about: refOf(about), type: 'Normal', reason, message };
}

/** Something that somebody should look at. */
export function warning(about: KnownObject, reason: string, message: string): EventNote {
  return { about: refOf(about), type: 'Warning', reason, message };
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name;
}
