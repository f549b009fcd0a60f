/** One entry of an archive; a directory has no content and a slash at its end. */
export interface TarEntry {
  readonly name: string;
  readonly content: Uint8Array;
  /** Seconds since 1970. */
  readonly mtime: number;
}

const BLOCK = 512;
const MAX_NAME = 255;

/** An archive in the format ustar, names of up to 255 bytes. @see POSIX pax, ustar Interchange Format */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, content, mtime } of entries) {
    blocks.push(headOf(name, content.length, mtime), Buffer.from(content));
    blocks.push(Buffer.alloc(-content.length & (BLOCK - 1)));
  }
  blocks.push(Buffer.alloc(BLOCK * 2));
  return Buffer.concat(blocks);
}

function headOf(name: string, size: number, mtime: number): Buffer {
  const head = Buffer.alloc(BLOCK);
  const isDirectory = name.endsWith('/');
  const cut = name.length <= 100 ? -1 : name.indexOf('/', name.length - 101);
  head.write(name.slice(cut + 1), 0, 100);
  head.write(isDirectory ? '0000755' : '0000644', 100);
  head.write('0000000', 108);
  head.write('0000000', 116);
  head.write(size.toString(8).padStart(11, '0'), 124);
  head.write(Math.floor(mtime).toString(8).padStart(11, '0'), 136);
  head.write('        ', 148);
  head.write(isDirectory ? '5' : '0', 156);
  head.write('ustar\u000000', 257, 'latin1');
  head.write('root', 265);
  head.write('root', 297);
  if (cut > 0) head.write(name.slice(0, cut), 345, 155);
  let sum = 0;
  for (const byte of head) sum += byte;
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
}

/**
 * Files and directories of an archive: ustar, with the long names of GNU and pax.
 *
 * @throws Error for what is no archive.
 */
export function readTar(archive: Buffer): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  for (const member of membersOf(archive)) {
    const { type, head, content } = member;
    if (type === 'L') longName = textAt(content, 0, content.length);
    else if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(content.toString())?.[1] ?? longName;
    else {
      const entry = entryOf(member, (longName ?? nameOf(head)).slice(0, MAX_NAME * 16));
      if (entry !== undefined) entries.push(entry);
      longName = undefined;
    }
  }
  return entries;
}

interface Member {
  readonly type: string;
  readonly head: Buffer;
  readonly content: Buffer;
}

/** @throws Error for what is no archive. */
function* membersOf(archive: Buffer): Generator<Member> {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const head = archive.subarray(at, at + BLOCK);
    if (head[0] === 0) return;
    const size = octal(head, 124, 12);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (Number.isNaN(size) || !isSummed(head) || content.length < size)
      throw new Error('tar: invalid tar magic');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    yield { type: String.fromCodePoint(head[156] ?? 0), head, content };
  }
}

/** Undefined for links and the like. */
function entryOf({ type, head, content }: Member, name: string): TarEntry | undefined {
  if (type === '5')
    return { name: `${name.replace(/\/+$/, '')}/`, content: Buffer.alloc(0), mtime: 0 };
  if (type !== '0' && type !== '\0') return undefined;
  return { name, content, mtime: octal(head, 136, 12) };
}

function nameOf(head: Buffer): string {
  const name = textAt(head, 0, 100);
  const prefix = head.toString('latin1', 257, 262) === 'ustar' ? textAt(head, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textAt(bytes: Buffer, from: number, length: number): string {
  const part = bytes.subarray(from, from + length);
  const end = part.indexOf(0);
  return part.toString('utf8', 0, end < 0 ? part.length : end);
}

function octal(head: Buffer, from: number, length: number): number {
  const text = textAt(head, from, length).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : Number.NaN;
}

/** Whether the checksum is right, its own bytes counted as blanks. */
function isSummed(head: Buffer): boolean {
  let sum = 8 * 0x20;
  for (const [index, byte] of head.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum === octal(head, 148, 8);
}
