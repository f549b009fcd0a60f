import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Journal, KubeObject, StoredState, StoreEvent } from '../api/index.ts';
import { DataFolderError, type DataFolderErrorCode } from './data-folder-error.ts';

/** The state of a cluster on disk. */
export interface DataFolder extends Disposable {
  /** Where it is. */
  readonly path: string;
  /** What was there when it was opened. */
  readonly state: StoredState;
  /** The manifests that were applied last. */
  readonly applied: readonly KubeObject[];
  readonly journal: Journal;
  /** Keeps what the manifests hold that have just been applied. */
  keepApplied(objects: readonly KubeObject[]): void;
}

const FILE = 'podlane.sqlite';
/** Tells our databases from others'; 'pdln'. */
const APPLICATION_ID = 0x70_64_6c_6e;
/** Of the tables below. */
const FORMAT = 1;

const TABLES = `
  CREATE TABLE objects (
    kind TEXT, namespace TEXT, name TEXT, revision INTEGER NOT NULL, object TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  );
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, applied TEXT NOT NULL);
  INSERT INTO state VALUES (1, 0, '[]');
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Opens the folder, which is made where there is none (not those around it: a slip is told), and reads what it holds.
 *
 * Each change is a transaction of its own in the write-ahead log: in the system's hands when `append` returns, so that
 * it outlives the process, however that ends. Nothing waits for the disk: a machine that loses power may lose the last
 * moments, never more, and never its order.
 *
 * @throws DataFolderError
 */
export function openDataFolder(path: string): DataFolder {
  using stack = new DisposableStack();
  const database = attempt(path, () => {
    if (!existsSync(path)) mkdirSync(path);
    return new DatabaseSync(join(path, FILE));
  });
  stack.defer(() => database.close());
  attempt(path, () => prepare(database, path));
  const stored = attempt(path, () => readState(database));
  const journal = new SqliteJournal(database, path);
  const keep = database.prepare('UPDATE state SET applied = ?');
  const kept = stack.move();
  return {
    path,
    ...stored,
    journal,
    keepApplied: (objects) => void attempt(path, () => keep.run(JSON.stringify(objects))),
    [Symbol.dispose]: () => kept.dispose(),
  };
}

/** Takes the file for itself, and makes the tables of a new one. @throws DataFolderError for what is not ours. */
function prepare(database: DatabaseSync, path: string): void {
  // The lock is held until the end, and falls with the process.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
  // Copying the log back waits for the disk, so it is done seldom: every 32 MB.
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000; BEGIN IMMEDIATE');
  const id = numberOf(database, 'application_id');
  const version = numberOf(database, 'user_version');
  if (id === 0 && isEmpty(database)) database.exec(TABLES);
  else if (id !== APPLICATION_ID) throw foreign(path, 'it is the database of another program');
  else if (version !== FORMAT)
    throw foreign(path, `its format is ${version}, this podlane reads ${FORMAT}`);
  database.exec('COMMIT');
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
}

function readState(database: DatabaseSync): Pick<DataFolder, 'state' | 'applied'> {
  const objects: KubeObject[] = [];
  let revision = 0;
  for (const row of database.prepare('SELECT revision, object FROM objects').iterate()) {
    objects.push(JSON.parse(String(row['object'])) as KubeObject); // only `append` writes there
    revision = Math.max(revision, Number(row['revision']));
  }
  const { revision: last, applied } = database.prepare('SELECT * FROM state').get() ?? {};
  return {
    state: { revision: Math.max(revision, Number(last)), objects },
    applied: JSON.parse(String(applied)) as readonly KubeObject[], // only `keepApplied` writes there
  };
}

class SqliteJournal implements Journal {
  readonly #path: string;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #advance: StatementSync;
  readonly #transaction: { readonly begin: StatementSync; readonly commit: StatementSync };
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, path: string) {
    this.#path = path;
    this.#database = database;
    this.#put = database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)');
    this.#remove = database.prepare(
      'DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?',
    );
    this.#advance = database.prepare('UPDATE state SET revision = ?');
    this.#transaction = { begin: database.prepare('BEGIN'), commit: database.prepare('COMMIT') };
  }

  append(event: StoreEvent): void {
    attempt(this.#path, () => {
      if (event.type === 'DELETED') this.#delete(event);
      else this.#write(event);
    });
  }

  /** One statement is one transaction. */
  #write({ kind, object, revision }: StoreEvent): void {
    const { namespace = '', name } = object.metadata;
    this.#put.run(kind, namespace, name, revision, JSON.stringify(object));
  }

  /** What is gone has no row that tells how far the revisions are. */
  #delete({ kind, object, revision }: StoreEvent): void {
    const { namespace = '', name } = object.metadata;
    this.#transaction.begin.run();
    try {
      this.#remove.run(kind, namespace, name);
      this.#advance.run(revision);
      this.#transaction.commit.run();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** What SQLite calls `SQLITE_BUSY`, `SQLITE_CORRUPT`, `SQLITE_NOTADB`. */
const ERRCODE = { Busy: 5, Corrupt: 11, NotADatabase: 26 } as const;

/** @throws DataFolderError for what the file system or SQLite say. */
function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    throw explain(path, error);
  }
}

function explain(path: string, cause: unknown): DataFolderError {
  const { errcode, message } = cause as { readonly errcode?: number; readonly message?: string };
  // The low byte says what it is, the rest where it came from.
  const code = errcode === undefined ? undefined : errcode & 0xff;
  if (code === ERRCODE.Busy)
    return failure('ERR_DATA_IN_USE', `${path} belongs to another instance that runs`, {
      cause,
      hint: 'End it (podlane down), or give this one a folder of its own with --data-dir.',
    });
  if (code === ERRCODE.Corrupt || code === ERRCODE.NotADatabase || cause instanceof SyntaxError)
    return foreign(path, `it is damaged (${message ?? 'it cannot be read'})`, cause);
  return failure('ERR_DATA_FOLDER', `${path} cannot hold the state: ${message ?? String(cause)}`, {
    cause,
    hint: 'Give --data-dir a folder that can be written to.',
  });
}

function foreign(path: string, why: string, cause?: unknown): DataFolderError {
  return failure('ERR_DATA_FOREIGN', `${join(path, FILE)} is no state of podlane: ${why}`, {
    cause,
    hint: 'Move it away to begin anew, or name another folder with --data-dir.',
  });
}

function failure(
  code: DataFolderErrorCode,
  message: string,
  options: ConstructorParameters<typeof DataFolderError>[2],
): DataFolderError {
  return new DataFolderError(code, message, options);
}
