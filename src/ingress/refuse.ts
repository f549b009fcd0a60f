import type { RouteAnswer, RoutePolicy } from './route-policy.ts';

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** The reason phrase of a status. */
export function reasonOf(status: number): string {
  return REASONS[status] ?? '';
}

/**
 * A short page that says a status: as nginx writes it for routes of ingress-nginx, else as text with the reason.
 *
 * @param why For people; nginx says nothing of it.
 */
export function refuse(status: number, { isNginx = false }: RoutePolicy, why = ''): RouteAnswer {
  const title = `${status} ${REASONS[status] ?? 'Error'}`;
  if (!isNginx) {
    return {
      status,
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: `${title}${why === '' ? '' : `: ${why}`}\n`,
    };
  }
  // nginx has no 431.
  if (status === 431) return refuseInDetail({ isNginx }, 'Request Header Or Cookie Too Large');
  return nginxPage(status, title, [`<h1>${title}</h1>`]);
}

/** 400 where nginx's page says what is wrong. */
export function refuseInDetail(policy: RoutePolicy, what: string): RouteAnswer {
  return policy.isNginx === true
    ? nginxPage(400, `400 ${what}`, ['<h1>400 Bad Request</h1>', what])
    : refuse(400, policy, what);
}

function nginxPage(status: number, title: string, lines: readonly string[]): RouteAnswer {
  const page = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    ...lines.map((line) => `<center>${line}</center>`),
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
    '',
  ];
  return { status, headers: [['Content-Type', 'text/html']], body: page.join('\r\n') };
}
