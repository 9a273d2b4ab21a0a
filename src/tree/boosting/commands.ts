/** What the leader tells the hands of a boosting fit: phases of rounds, and the words of the board. */

/** Phases of rounds; what a piece is stands in brackets. */
export const OCCURS = 0; // [block] which codes of features with few occur
export const PACK = 1; // [block] codes by row; weights
export const STEP = 2; // [block] a selection of the steps below
export const SPLIT = 3; // [run of blocks] a leaf's rows go to its two sides; sums of one of them
export const SEARCH = 4; // [run of columns] sums of all threads and of the other side; best splits
export const RENEW = 5; // [leaf] its value from its rows' residuals
export const WARM = 6; // [block] scores of the model that is gone on from

/** Steps between two trees. */
export const APPLY = 1; // the last tree's leaves to the scores
export const LARGEST = 2; // the largest gradient and hessian
export const GRADIENTS = 4; // pairs and losses
export const ROOT = 8; // all rows to the root, and its sums
export const ARRANGE = 16; // rows of a leaf of the last tree next to each other

/** Words of the board's command. */
export const STEPS = 0;
export const LEAVES = 1;
export const APPLY_SCORE = 2;
export const SCORE = 3;
export const SEED = 4;
export const SAMPLE_SEED = 5;
export const LEAF = 6;
export const NEW_LEAF = 7;
export const FEATURE = 8;
/** 0: the rows that stay in the leaf are summed, 1: those of the new one, -1: none. */
export const SUMMED = 9;
export const TURN = 10;
export const PIECES = 11;
/** Slot and width (1: wide) of the side that was summed, of its parent (slot -1: it has none), of the other side; whether each is searched. */
export const SMALL = 12;
export const SMALL_WIDE = 13;
export const PARENT = 14;
export const PARENT_WIDE = 15;
export const LARGE = 16;
export const LARGE_WIDE = 17;
export const SEARCH_SMALL = 18;
export const SEARCH_LARGE = 19;

/** Numbers of the board: the scales of the pairs, then g, h, count, low, high of the two nodes. */
export const G_SCALE = 0;
export const H_SCALE = 1;
export const SMALL_NODE = 2;
export const LARGE_NODE = 7;
