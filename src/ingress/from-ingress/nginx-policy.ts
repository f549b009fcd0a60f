import type { CustomErrors, ExternalAuth, HeaderEdits, RoutePolicy } from '../route-policy.ts';
import type { RouteBackend } from '../route-table.ts';
import type { ControllerOptions } from './controller-options.ts';
import { compileExternalAuth, type IngressSettings } from './annotations/index.ts';

/** What holds for every path of an Ingress: its annotations, and the options of the controller. */
export function basePolicy(
  settings: IngressSettings,
  controller: ControllerOptions,
  namespace: string,
): RoutePolicy {
  const { policy = {} } = settings;
  const customErrors = customErrorsOf(settings, controller, namespace);
  const externalAuth = policy.externalAuth ?? globalAuth(settings, controller);
  return {
    ...policy,
    isNginx: true,
    ...(controller.blocked === undefined ? {} : { blocked: controller.blocked }),
    ...(controller.hsts === undefined ? {} : { hsts: controller.hsts }),
    forwarding: {
      isTrusted: controller.isForwardedTrusted,
      isAppended: controller.isForwardedForAppended,
      isUnderscoreAllowed: controller.isUnderscoreAllowed,
      isRequestIdGenerated: controller.isRequestIdGenerated,
      isOriginalUriSent: controller.isOriginalUriSent,
      ...(controller.proxies === undefined ? {} : { proxies: controller.proxies }),
      ...(controller.forwardedFor === undefined ? {} : { forwardedFor: controller.forwardedFor }),
    },
    ...(controller.requestHeaders === undefined
      ? {}
      : { requestHeaders: controller.requestHeaders }),
    responseHeaders: responseHeaders(policy.responseHeaders, controller),
    ...(customErrors === undefined ? {} : { customErrors }),
    ...(externalAuth === undefined ? {} : { externalAuth }),
  };
}

function responseHeaders(own: HeaderEdits | undefined, controller: ControllerOptions): HeaderEdits {
  const { isServerShown, isServerPassed, hiddenHeaders } = controller;
  const set = [...(controller.responseHeaders?.set ?? []), ...(own?.set ?? [])];
  if (isServerShown && !isServerPassed) set.push(['Server', NGINX]);
  const remove = isServerShown && isServerPassed ? hiddenHeaders : ['Server', ...hiddenHeaders];
  return { remove, ...(set.length === 0 ? {} : { set }) };
}

/** What the last ingress-nginx is built on. */
const NGINX = 'nginx/1.27.1';

function customErrorsOf(
  { errorStatuses = [], defaultService }: IngressSettings,
  { defaultBackendService }: ControllerOptions,
  namespace: string,
): CustomErrors | undefined {
  if (errorStatuses.length === 0) return undefined;
  const own = defaultService === undefined ? [] : [{ namespace, service: defaultService, port: 0 }];
  const common = serviceNamed(defaultBackendService);
  return { statuses: errorStatuses, backends: common === undefined ? own : [...own, common] };
}

/** The first port of a Service named `namespace/name`. */
export function serviceNamed(reference: string | undefined): RouteBackend | undefined {
  const [namespace = '', service = ''] = (reference ?? '').split('/');
  return service === '' ? undefined : { namespace, service, port: 0 };
}

function globalAuth(
  { isGlobalAuthExempt }: IngressSettings,
  { globalAuthUrl: url, globalAuth: data }: ControllerOptions,
): ExternalAuth | undefined {
  if (url === undefined || isGlobalAuthExempt === true) return undefined;
  return compileExternalAuth({
    url,
    method: data['global-auth-method'],
    responseHeaders: data['global-auth-response-headers'],
    signin: data['global-auth-signin'],
    signinRedirectParam: data['global-auth-signin-redirect-param'],
    requestRedirect: data['global-auth-request-redirect'],
    requestHeaders: undefined,
    isCookieAlwaysSet: data['global-auth-always-set-cookie'] === 'true',
    cache: undefined,
  });
}
