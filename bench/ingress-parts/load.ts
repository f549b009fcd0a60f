/** The load: wrk for HTTP/1.1, h2load for HTTP/2. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostName, PATHS_PER_HOST, pathName } from './world.ts';

const run = promisify(execFile);

export interface Scenario {
  readonly name: string;
  readonly hosts: number;
  readonly scheme: 'http' | 'https';
  readonly isBig?: boolean;
  readonly isOneShot?: boolean;
  readonly isHttp2?: boolean;
  readonly connections: number;
}

export interface LoadOptions {
  readonly scenario: Scenario;
  readonly port: number;
  readonly folder: string;
  readonly seconds: number;
}

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** Loads one party for a while. @throws Error when its answers are not those of the backend. */
export async function load(options: LoadOptions): Promise<Load> {
  return options.scenario.isHttp2 === true ? loadHttp2(options) : loadHttp1(options);
}

async function loadHttp1({ scenario, port, folder, seconds }: LoadOptions): Promise<Load> {
  const script = join(folder, `${scenario.name}.lua`);
  writeFileSync(script, luaOf(scenario));
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${scenario.connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '-s',
    script,
    `${scenario.scheme}://127.0.0.1:${port}/`,
  ]);
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk said nothing: ${stdout}`);
  return JSON.parse(line) as Load; // what the script below prints
}

/** Requests are made before the load begins: the hosts and paths in turn, spread by a prime. */
function luaOf({ hosts, isBig = false, isOneShot = false }: Scenario): string {
  return `local all, at = {}, 0
init = function()
  for i = 0, ${hosts * PATHS_PER_HOST - 1} do
    local n = (i * 7919) % ${hosts * PATHS_PER_HOST}
    local host = math.floor(n / ${PATHS_PER_HOST})
    all[#all + 1] = wrk.format('GET', '/path-' .. (n % ${PATHS_PER_HOST}) .. '${isBig ? '/big' : '/a?b=c'}', {
      ['Host'] = 'host-' .. host .. '.bench.example', ['User-Agent'] = 'Mozilla/5.0 (X11; Linux x86_64)',
      ['Accept'] = '*/*', ['Accept-Encoding'] = 'gzip, deflate'${isOneShot ? ", ['Connection'] = 'close'" : ''}
    })
  end
end
request = function() at = at % #all + 1; return all[at] end
done = function(s, l)
  local e = s.errors
  print(string.format('RESULT {"requests":%d,"seconds":%f,"p99Ms":%f,"failed":%d}', s.requests, s.duration / 1e6, l:percentile(99) / 1e3, e.connect + e.read + e.write + e.timeout + e.status))
end
`;
}

async function loadHttp2({ scenario, port, seconds }: LoadOptions): Promise<Load> {
  const { stdout } = await run('h2load', [
    '-t1',
    `-c${scenario.connections}`,
    '-m10',
    `-D${seconds}`,
    '-H',
    `:authority: ${hostName(0)}`,
    `${scenario.scheme}://127.0.0.1:${port}${pathName(0)}/a?b=c`,
  ]);
  const [, done = '0'] = /(\d+) done/.exec(stdout) ?? [];
  const [, failed = '0'] = /(\d+) failed/.exec(stdout) ?? [];
  const [, ok = '0'] = /status codes: (\d+) 2xx/.exec(stdout) ?? [];
  return {
    requests: Number(ok),
    seconds,
    // h2load tells the largest, the mean and the deviation alone.
    p99Ms: Number.NaN,
    // Those under way when the time is up are answered still, but not done.
    failed: Number(failed) + Math.max(0, Number(done) - Number(ok)),
  };
}
