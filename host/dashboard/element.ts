// Preact's h without JSX, typed as this page needs it: any element with any attributes is a VNode.

import { createElement, type ComponentChildren, type VNode } from "preact";

export type { VNode } from "preact";

type Type = string | ((props: never) => VNode | null) | (new (props: never) => object);

export const h = createElement as unknown as (
  type: Type,
  props: object | null,
  ...children: ComponentChildren[]
) => VNode;
