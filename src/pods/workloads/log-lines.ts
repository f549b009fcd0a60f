import type { IncomingMessage } from 'node:http';
import type { Flow } from '../../net/index.ts';

/** How a request was answered. */
export interface AnsweredRequest {
  readonly request: Pick<IncomingMessage, 'headers' | 'httpVersion' | 'method' | 'url'>;
  readonly flow: Flow;
  readonly status: number;
  readonly sizeBytes: number;
}

const SECOND_MS = 1000;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** Many lines fall into one second. */
let clf = { second: -1, text: '' };

/** `21/Nov/2026:13:24:15 +0000`. @param now Milliseconds since 1970. */
function commonLogTime(now: number): string {
  const second = Math.floor(now / SECOND_MS);
  if (clf.second === second) return clf.text;
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const name = MONTHS.slice(Number(month) * 3 - 3, Number(month) * 3);
  clf = { second, text: `${day}/${name}/${year}:${time.slice(0, 8)} +0000` };
  return clf.text;
}

/** A line of the combined format, as nginx has it. @see nginx ngx_http_log_module, combined */
export function combinedLine(answered: AnsweredRequest, now: number): string {
  const { headers } = answered.request;
  return `${commonLine(answered, now)} "${headers.referer ?? '-'}" "${headers['user-agent'] ?? '-'}"`;
}

/** A line of the common format, as httpd has it. */
export function commonLine(
  { request, flow, status, sizeBytes }: AnsweredRequest,
  now: number,
): string {
  const { method = '', url = '', httpVersion } = request;
  return `${flow.source.address} - - [${commonLogTime(now)}] "${method} ${url} HTTP/${httpVersion}" ${status} ${sizeBytes}`;
}

/** `2026/11/21 13:24:15 text`: as Go's `log` prints it. */
export function goLine(text: string, now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')} ${text}`;
}

/** `I1121 13:24:15.123000       1 log.go:245] text`: as klog prints it. */
export function klogLine(text: string, now: number): string {
  const iso = new Date(now).toISOString();
  return `I${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000       1 log.go:245] ${text}`;
}
