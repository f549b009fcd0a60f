/** The local socket over which a user's commands talk to a running instance. */
export { createControlClient, type ControlClient } from './client.ts';
export type {
  DigEdns,
  DigExchange,
  DigFailure,
  DigMessage,
  DigRecord,
  DigRequest,
  DigResult,
  DigSearch,
  DigWalk,
} from './dig-protocol.ts';
export type {
  ApplyOutcome,
  ApplyRequest,
  ClusterStatus,
  ControlCall,
  ControlCalls,
  ControlHandlers,
  ErrorBody,
  ExplainRequest,
  ExplainResult,
  IngressStatus,
  ListedItem,
  ListedKind,
  Listening,
  ListRequest,
  ParamsOf,
  Reach,
  ResolvConfRequest,
  ResolvConfResult,
  ResultOf,
  ServicePortStatus,
  ServiceStatus,
  TableColumn,
  UnreadyPod,
  Warning,
  WatchLine,
} from './protocol.ts';
export type {
  ExpectRequest,
  ExpectResult,
  JudgedExpectation,
  MatrixRequest,
  MatrixResult,
  ReachedFlow,
  ReachRequest,
  ReachResult,
  ReachVerdict,
} from './reach-protocol.ts';
export { answers, serveControl, type ControlServerOptions } from './server.ts';
export { controlFolder, socketPath } from './socket-path.ts';
