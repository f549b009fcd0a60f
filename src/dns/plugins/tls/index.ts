/** The certificate of `tls://` and `https://` blocks. */
import {
  argOf,
  argsOf,
  CorefileError,
  onlyOnce,
  readOptions,
  type ClientAuth,
  type Directive,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';

const CLIENT_AUTHS: readonly string[] = [
  'nocert',
  'request',
  'require',
  'verify_if_given',
  'require_and_verify',
] satisfies readonly ClientAuth[];

/** `tls CERT KEY [CA] { client_auth MODE }` */
export const tls: PluginDefinition = {
  name: 'tls',
  setup: (directives, context) => {
    const directive = onlyOnce(directives);
    const [cert, key, ca] = argsOf(directive, 2, 3).map((path) => read(path, directive, context));
    let clientAuth: ClientAuth = 'nocert';
    readOptions(directive, {
      client_auth: (option) => {
        const mode = argOf(option);
        if (!isClientAuth(mode))
          throw new CorefileError(`unknown authentication type '${mode}'`, option.position);
        clientAuth = mode;
      },
    });
    const pair = { cert: cert ?? '', key: key ?? '', clientAuth };
    return { listen: { tls: ca === undefined ? pair : { ...pair, ca } } };
  },
};

function isClientAuth(mode: string): mode is ClientAuth {
  return CLIENT_AUTHS.includes(mode);
}

function read(path: string, { position }: Directive, context: SetupContext): string {
  try {
    return context.environment.files.read(context.pathOf(path));
  } catch (error) {
    throw new CorefileError(`could not load ${path}`, position, { cause: error });
  }
}
