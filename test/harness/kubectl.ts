import { execFile } from 'node:child_process';

export interface KubectlOptions {
  /** @default kubectl */
  readonly program?: string;
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** What it reads of `-f -`. */
  readonly input?: string;
}

export interface KubectlOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl to its end. @throws where it cannot be run */
export function runKubectl(
  args: readonly string[],
  { program = 'kubectl', cwd, env, input = '' }: KubectlOptions,
): Promise<KubectlOutput> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { cwd, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error ?? new Error(`${program} did not run`));
    });
    child.stdin?.end(input);
  });
}
