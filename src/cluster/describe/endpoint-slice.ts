import type { EndpointSlice } from '../../api/index.ts';
import type { Part } from './parts.ts';

/** An EndpointSlice with the conditions of each endpoint. */
export function describeEndpointSlice({
  addressType,
  ports,
  endpoints,
}: EndpointSlice): readonly Part[] {
  const names = (ports ?? []).map(
    ({ name = '', port, protocol }) => `${name === '' ? '<unset>' : name}  ${port}  ${protocol}`,
  );
  return [
    ['AddressType', addressType],
    ['Ports', ...names],
    {
      title: 'Endpoints',
      lines: (endpoints ?? []).map(({ addresses, conditions, nodeName = '', targetRef }) => {
        const { ready = true, serving = ready, terminating = false } = conditions ?? {};
        const target = targetRef === undefined ? '' : `${targetRef.kind}/${targetRef.name}`;
        return `${addresses.join(',')}  Ready=${ready} Serving=${serving} Terminating=${terminating}  ${target}  ${nodeName}`.trimEnd();
      }),
    },
  ];
}
