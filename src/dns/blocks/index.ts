/** Server blocks at run time: plugins set up, listeners that know which block a query goes to. */
export { compileListeners, type ListenerTable } from './listener-table.ts';
export { setUpBlock, type RunningBlock, type SetUpOptions } from './set-up-block.ts';
