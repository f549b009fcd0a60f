import type { Container } from '../../api/index.ts';
import { imageMatches, imagePath } from '../image.ts';
import type { Workload } from '../workload.ts';
import { createEchoWorkload } from './echo/index.ts';

/** Chooses the workload of a container. */
export type SelectWorkload = (container: Container) => Workload;

/** The workloads, in the order in which they are asked; what no image names goes to `echo`. */
export function createWorkloads(): SelectWorkload {
  const echo = createEchoWorkload();
  const workloads: readonly Workload[] = [];
  const chosen = new Map<string, Workload>();
  const choose = (image: string): Workload => {
    const path = imagePath(image);
    const isNamed = ({ images }: Workload): boolean =>
      images.some((pattern) => imageMatches(path, pattern));
    return workloads.find(isNamed) ?? echo;
  };
  return ({ image = '' }) => {
    const workload = chosen.get(image) ?? choose(image);
    chosen.set(image, workload);
    return workload;
  };
}
