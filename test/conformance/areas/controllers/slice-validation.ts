import { ApiError } from '../../../../src/api/index.ts';
import type { Outcome, Row } from './expectation.ts';
import type { Field } from './plant.ts';
import { plantSlice } from './slices.ts';

/** Kind `sliceValidation`: each slice of the row must fare as it says. */
export async function sliceValidation({ input }: Row, field: Field): Promise<Outcome> {
  const outcomes = attempts(input).map((attempt) => {
    try {
      attempt(field);
      return 0;
    } catch (error) {
      if (error instanceof ApiError) return error.status;
      throw error;
    }
  });
  if (outcomes.every((code) => code === 0)) return { ok: true };
  const [first] = outcomes;
  return outcomes.every((code) => code === first) ? { code: first } : { code: outcomes };
}

type Attempt = (field: Field) => void;

function attempts(input: Row['input']): readonly Attempt[] {
  const { old, new: next, addresses, endpoints, ports, hostname } = input;
  if (old !== undefined)
    return [
      (field) => {
        plant(field, { addressType: old, endpoints: [] });
        const slice = field.store.list('EndpointSlice')[0];
        field.store.update({ ...slice, addressType: next } as never);
      },
    ];
  const type = input['addressType'] ?? 'IPv4';
  if (typeof endpoints === 'number') {
    const many = Array.from({ length: endpoints }, (_, index) => ({ addresses: [ipOf(index)] }));
    return [(field) => plant(field, { addressType: type, endpoints: many })];
  }
  const given = Array.isArray(addresses)
    ? (addresses as readonly unknown[])
    : [input['address'] ?? '10.0.0.1'];
  return given.map((address, place) => (field: Field) => {
    const list =
      typeof address === 'number'
        ? Array.from({ length: address }, (_, index) => ipOf(index))
        : [address];
    const endpoint = { addresses: list, ...(hostname !== undefined && { hostname }) };
    plant(
      field,
      { addressType: type, endpoints: [endpoint], ...(ports !== undefined && { ports }) },
      place,
    );
  });
}

function plant(field: Field, slice: object, place = 0): void {
  plantSlice(field, { metadata: { namespace: 'ns1', name: `web-${place}` }, ports: [], ...slice });
}

function ipOf(index: number): string {
  return `10.1.${index >> 8}.${index & 255}`;
}
