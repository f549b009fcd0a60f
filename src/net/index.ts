/** Addresses, prefixes and flows: the values that every other part speaks in; and the edges that listen, dial and splice. */
export {
  clusterAddressOf,
  createAddressPlan,
  isLoopback,
  loopbackAlias,
  type AddressPlan,
  type AddressPlanOptions,
} from './alias.ts';
export { ConnectError, type ConnectErrorCode } from './connect-error.ts';
export { openConnectedUdp, type ConnectedUdp, type ConnectedUdpOptions } from './connected-udp.ts';
export { createDatagramPair } from './datagram-pair.ts';
export { createDuplexPair, DuplexEnd } from './duplex-pair.ts';
export type {
  Associate,
  Connect,
  ConnectOptions,
  DatagramChannel,
  Endpoint,
  Flow,
  Origin,
  Protocol,
} from './flow.ts';
export {
  cidrContains,
  cidrsOverlap,
  ipFromBits,
  parseCidr,
  parseIp,
  type Cidr,
  type Ip,
  type IpFamily,
} from './ip.ts';
export {
  listenSomewhere,
  listenTcp,
  listenUdp,
  type Listener,
  type ListenOptions,
  type ListenTcpOptions,
  type ListenUdpOptions,
  type TcpListener,
  type UdpListener,
} from './listen.ts';
export { nearestName } from './nearest-name.ts';
export { nodeHttp } from './node-http.ts';
export { describeScarcity, isScarcity, openFilesLimit } from './open-files.ts';
export { originOf, type ClientIdentity, type OriginLookups } from './origin.ts';
export { alternativePort, isPortOrName } from './port.ts';
export { PodlaneError, type PodlaneErrorOptions, type Position } from './podlane-error.ts';
export { dialSocket, isCopying, readAtOnce } from './relay-socket.ts';
export { reset, splice } from './splice.ts';
export { openUdpChannel } from './udp-channel.ts';
