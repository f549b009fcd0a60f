/** The cluster's state as Kubernetes serves it: objects, their kinds, and the store that keeps them. */
export type { Allocator, Reservation, ReserveOptions } from './admission.ts';
export {
  countQuota,
  judgeByPolicies,
  loadWebhookRules,
  type RuledWrite,
} from './admission-rules.ts';
export type { Webhook } from './admission-plugins/webhook-rules.ts';
export type { ResourceQuota } from './admission-plugins/resource-quota/kind.ts';
export { loadConversions, type Conversions } from './load-conversions.ts';
export { readDataFile } from './data-file.ts';
export { deepEqual } from './deep-equal.ts';
export { bootstrapObjects, SYSTEM_NAMESPACES, type BootstrapOptions } from './bootstrap.ts';
export {
  DerivedTable,
  type DerivedChange,
  type DerivedInput,
  type DerivedOptions,
} from './derived.ts';
export {
  ApiError,
  STATUS_CODE,
  type ApiErrorOptions,
  type FieldError,
  type FieldErrorType,
  type StatusCause,
  type StatusDetails,
  type StatusReason,
} from './errors.ts';
export {
  defineKind,
  type Column,
  type DefaultsContext,
  type FieldReader,
  type KindDefinition,
  type KindRow,
} from './kind.ts';
export {
  CLAIM_PROTECTION,
  storageClassOf,
  KINDS,
  statefulSetKind,
  VOLUME_PROTECTION,
  type PodDisruptionBudget,
  type StatefulSetGates,
} from './kinds/index.ts';
export { showSelector } from './kinds/columns.ts';
export { validateClusterIPs } from './kinds/service/cluster-ips.ts';
export { parseCronSchedule, type CronSchedule, type ParsedSchedule } from './cron-schedule.ts';
export {
  applyManifests,
  checkManifests,
  checkShape,
  describeObject,
  lintManifests,
  loadManifests,
  parseManifests,
  readManifests,
  watchManifests,
  type AppliedChange,
  type ApplyResult,
  type ApplyTarget,
  type CheckedShape,
  type CheckOptions,
  type LintOptions,
  type LoadedManifests,
  type LoadOptions,
  type ManifestDocument,
  type ParsedManifests,
  type Problem,
  type ReadManifests,
  type ReadOptions,
  type UnknownField,
  type WatchManifestsOptions,
} from './manifests/index.ts';
export { metadataKeptByStatus } from './status-metadata.ts';
export { otherLife } from './write.ts';
export { conflict, invalidField, invalidObject, invalidOptions, notFound } from './field-errors.ts';
export { IndexedTable, type Index } from './indexed-table.ts';
export {
  formatGo,
  goTypeOf,
  isJsonObject,
  loadPatches,
  threeWayMerge,
  type JsonObject,
  type ThreeWay,
} from './patch/index.ts';
export {
  apiVersionsOfKind,
  resolveSchema,
  schemaNameOf,
  schemaOf,
  schemaOfKind,
  schemaRef,
  schemaReferences,
  type GroupVersionKind,
  type OpenApiSchema,
} from './openapi-schemas.ts';
export {
  ANY_KIND,
  describeRef,
  type KindName,
  type KubeObject,
  type ObjectOf,
  type ObjectRef,
} from './object.ts';
export { createStore, type StoreOptions } from './memory-store.ts';
export { createKindRegistry, guessPlural, type KindRegistry } from './registry.ts';
export { NOTHING_STORED, type Journal, type StoredState } from './journal.ts';
export { ageOf, humanDuration } from './human-duration.ts';
export {
  compileLabelSelector,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  requiredValue,
  type LabelPredicate,
} from './selectors.ts';
export { withDefaultStorageClass } from './complete-new.ts';
export { checkPathSegment } from './names.ts';
export { withPriority } from './priority-admission.ts';
export {
  canonicalQuantity,
  nanosOf,
  parseQuantity,
  type Quantity as ParsedQuantity,
} from './quantity.ts';
export type {
  AccessQuestion,
  DeleteOptions,
  ListOptions,
  Store,
  StoreEvent,
  StoreReader,
  UpdateOptions,
  WatchOptions,
  WriteOptions,
  WriteRequest,
  WriteReview,
} from './store.ts';
export { prepareWrites } from './prepare-writes.ts';
export { loadWarnings } from './warnings.ts';
export { pruneObject, type StructuralSchema } from './structural/index.ts';
export { resolveTargetPort } from './target-port.ts';
export { formatTime } from './time.ts';
export {
  toApiStatus,
  type ApiStatus,
  type ApiStatusCause,
  type ApiStatusDetails,
} from './status.ts';
export {
  columnsOf,
  shownCell,
  createTable,
  qualifiedName,
  renderTable,
  type Table,
  type TableColumn,
  type TableOptions,
  type TableRow,
} from './table.ts';
export type * from './types.ts';
