// The node: a device that only validates. It has no hooks; the framework alone is its application.

export * from "../index";
