// A process of `synod sim`: plain JavaScript that makes TypeScript loadable, then worker.ts.

import { register } from "tsx/esm/api";

register({ tsconfig: false });
await import("./worker.ts");
