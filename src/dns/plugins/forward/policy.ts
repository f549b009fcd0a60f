/** The order in which upstreams are asked. */
export type Policy = <T>(upstreams: readonly T[]) => readonly T[];

/** Policies by the names that Corefiles have for them. */
export const POLICIES = {
  random:
    (random: () => number): Policy =>
    (upstreams) => {
      const order = [...upstreams];
      for (let last = order.length - 1; last > 0; last -= 1) {
        const chosen = Math.floor(random() * (last + 1));
        order.push(...order.splice(chosen, 1));
        order.splice(last, 0, ...order.splice(-1, 1));
      }
      return order;
    },
  round_robin: (): Policy => {
    let turn = 0;
    return (upstreams) => {
      if (upstreams.length === 0) return upstreams;
      turn = (turn + 1) % upstreams.length;
      const first = upstreams.slice(turn, turn + 1);
      return [...first, ...upstreams.slice(0, turn), ...upstreams.slice(turn + 1)];
    };
  },
  sequential: (): Policy => (upstreams) => upstreams,
} as const;

export type PolicyName = keyof typeof POLICIES;
