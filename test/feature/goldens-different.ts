/** Where Millstream means to differ from Spark, and why. */
export const DIFFERENT = new Map([
  ['VectorAssembler, no columns', 'a list of columns must not be empty'],
  ['StandardScaler, other size at transform', 'Spark scales what there is; here the sizes must agree'],
  ['VectorAssembler keep, null vector', 'Spark asks for the size as an attribute, here the first vector tells it'],
  ['VectorAssembler keep, NaN inside a vector', 'the same'],
  ['StringIndexer, doubles as Java text', 'its 2e23 is printed as Java 17 does, a digit too long; newer ones print 2.0E23'],
  ['StringIndexer, floats as Java text', 'so is its least normal float'],
]);
