import { Duplex } from 'node:stream';
export class UpstreamHttp2 extends Duplex {
  constructor(socket: Duplex) {
    super();
    void socket;
  }
}
