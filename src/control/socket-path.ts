import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PodlaneError } from '../net/index.ts';

/** Names an instance may have: they become part of a file's name. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * The folder that holds the sockets of this user's instances: `$XDG_RUNTIME_DIR/podlane`, else `podlane-UID` in the
 * temporary folder. Created for its user alone.
 *
 * @throws PodlaneError `ERR_CONTROL_FOLDER` when it cannot be made, or somebody else owns it or may look into it.
 */
export function controlFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const { uid } = userInfo();
  const folder =
    runtime !== undefined && runtime !== ''
      ? join(runtime, 'podlane')
      : join(tmpdir(), `podlane-${uid}`);
  const { mode, uid: owner } = makeFolder(folder);
  // The mode of a link, which somebody may have laid, lets everybody in.
  if (process.platform !== 'win32' && (owner !== uid || (mode & 0o077) !== 0)) {
    throw new PodlaneError('ERR_CONTROL_FOLDER', `folder ${folder} is open to other users`, {
      hint: `Remove it, or make it yours alone: chmod 700 ${folder}`,
    });
  }
  return folder;
}

function makeFolder(folder: string): Stats {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return lstatSync(folder);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PodlaneError('ERR_CONTROL_FOLDER', `folder ${folder} cannot be made: ${why}`, {
      hint: 'Let XDG_RUNTIME_DIR name a folder of yours.',
      cause,
    });
  }
}

/**
 * Where the instance `name` listens for this user's commands: a Unix socket, or a named pipe on Windows.
 *
 * @throws PodlaneError `ERR_NAME` when `name` is no lower-case DNS label of at most 40 characters.
 */
export function socketPath(name: string): string {
  if (!NAME.test(name)) {
    throw new PodlaneError('ERR_NAME', `"${name}" is no name for an instance`, {
      hint: 'Use at most 40 lower-case letters, digits and dashes.',
    });
  }
  if (process.platform === 'win32') return `\\\\.\\pipe\\podlane-${userInfo().username}-${name}`;
  return join(controlFolder(), `${name}.sock`);
}
