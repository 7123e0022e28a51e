import { createContext } from 'react';

/** Whose lists these are: what a person chose about a list is kept under their id. Undefined where nobody is signed in. */
export const Person = createContext<string | undefined>(undefined);
