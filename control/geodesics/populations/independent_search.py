"""One search of the staged recipe, which shares nothing with the others but how low they are.

1. Random starts, through ε = 0.1, or given weights fill a population of the first level, an island.
2. Children of its minima, in rounds, until none of many in a row was a new best.
3. Another island is made apart and joins the one before: a population may close in on the wrong minima.
4. The population is carried to each smaller ε, and goes on there as in 2.
5. Its best are carried to the exact ReLU.
6. Hops of the best exact path, by fine moves that mix in other exact minima too, until none of many in a row led lower.
   As long as it has an idle neuron, one in four shares another neuron out to it.

Searches that agree on their own share the patience of 6.

A search asks for starts and is told where they ended. Who solves them is not its business. All that it draws comes from
generators seeded by (seed, number of the search, number of the start), so that its course depends on nothing else.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np

from geodepth.control.geodesics.search.outcome import Ended, StartOutcome
from geodepth.control.geodesics.search.starts import OF_SEARCH, Start, initial_weights
from geodepth.control.geodesics.statement.shapes import Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem

from .alignment import free_neurons
from .bandit import BEST_EARNS, Bandit
from .moves import BROAD, BROAD_ONLY, FINE_MOVES, MOVES, OPENING, Draw, Move, Parent, has_idle_neuron
from .population import Population, together
from .request import Search

FIRST_SMOOTHING = 0.1
"""ε, in units of A, that random starts go through before the first level."""
ROUND = 4
"""Starts that are asked for at once: few, since each may be the next one's parent, and a constant, so that the answer
does not depend on the workers."""
STALE = 0.4
"""Share of a level's patience after which it ends if so many children in a row found minima that were known: what is
there has been seen. Chosen by hand; on iris almost every child ends in a new one."""
LESS = 0.25
"""Share of its patience that is left below the first level to a search that is behind. Chosen by hand."""
HOPELESS = 5e-4
"""Relative distance of a smoothed cost from the lowest of those that were carried to the exact ReLU, above which a hop
is not: on iris and a teacher, 26 of 427 led lower, from at most 9e-5 above."""
LOWER = 1e-7
"""Relative difference of exact costs that counts as one: above what the exact stage leaves."""
STREAM = 2
"""Last entry of a start's seed, which sets these apart from random starts and hops of the same number."""

Asks = Generator[list[Start], Sequence[Ended], None]


@dataclass(slots=True, eq=False)
class IndependentSearch:
    """The state of one search.

    Attributes
    ----------
    problem : PathProblem
        What every start solves.
    request : Search
        How it goes about it.
    seed, number : int
        Of the whole, and of this search.
    founders : sequence of (L, w, c)
        Weights that the populations of the first level begin with, besides random ones.
    solves : int
        Starts so far.
    seconds : float
        Processor time of those that were told.
    found : list of Ended
        Ends of the exact stage so far.
    population : Population
        That of the current level.
    islands : Population or None
        What the islands before the current one came to.
    level : float
        The current ε; zero from the exact stage on.
    history : list of (int, float, float)
        Every new best J that a start's weights have in the exact network, from the random starts on, with the number of
        solves and the processor seconds up to it.
    bests : mapping of float to float
        The lowest cost at each level so far; zero stands for the exact ReLU.
    behind : bool
        Whether the best of another at its level is much lower.
    company : int
        How many searches, this one among them, agree with its best exact cost to the precision that is asked for: they
        share the patience for hops. This and `behind` are all that searches learn of each other.
    moves, fine_moves : Bandit
        What has been earned by the moves of populations, and by those of hops.
    """

    problem: PathProblem
    request: Search
    seed: int
    number: int
    founders: Sequence[Weights] = ()
    solves: int = 0
    seconds: float = 0.0
    found: list[Ended] = field(default_factory=list)
    population: Population = field(init=False)
    islands: Population | None = None
    level: float = field(init=False)
    history: list[tuple[int, float, float]] = field(default_factory=list)
    bests: dict[float, float] = field(default_factory=dict)
    behind: bool = False
    company: int = 1
    moves: Bandit = field(default_factory=lambda: Bandit(len(MOVES)))
    fine_moves: Bandit = field(default_factory=lambda: Bandit(len(FINE_MOVES)))

    def __post_init__(self) -> None:
        self.level = self.request.levels[0]
        self.population = Population(self.request.population)

    def note(self) -> None:
        """Keep the lowest cost at the current level."""
        best = self.best
        lowest = self.population.best if self.level > 0.0 else np.inf if best is None else best.cost
        self.bests[self.level] = min(lowest, self.bests.get(self.level, np.inf))

    @property
    def best(self) -> StartOutcome | None:
        """The cheapest end of the exact stage."""
        ends = [ended.outcome for ended in self.found if ended.outcome.converged]
        return min(ends, key=lambda outcome: outcome.cost, default=None)

    @property
    def smoothed(self) -> list[Ended]:
        """Smoothed minima of the current level and of the islands before, best first by the cost of the network."""
        islands = [] if self.islands is None else self.islands.members
        return sorted([*self.population.members, *islands], key=lambda member: member.outcome.cost)

    def run(self) -> Asks:
        """Ask for starts, round by round, until the search has ended."""
        asking = self._stages()
        starts = next(asking)
        while True:
            ended = yield starts
            self._account(ended)
            try:
                starts = asking.send(ended)
            except StopIteration:
                return

    def _account(self, ended: Sequence[Ended]) -> None:
        """Count the time of starts that ended, and keep a new best of the exact network."""
        first = self.solves - len(ended)
        # With a fixed end the smoothed cost belongs to another problem, and stands for no network.
        counts = self.level == 0.0 or not self.problem.geodesic.end.fixed
        for place, (outcome, _, _) in enumerate(ended, first + 1):
            self.seconds += outcome.seconds
            if counts and outcome.cost < (self.history[-1][2] if self.history else np.inf):
                self.history.append((place, self.seconds, outcome.cost))

    def _stages(self) -> Asks:
        for _ in range(self.request.islands):
            if not self._spent():
                yield from self._island()
        for level, patience in zip(self.request.levels[1:], self.request.patience[1:], strict=True):
            yield from self._carry(level)
            yield from self._breed(patience)
        self.level = 0.0
        yield from self._to_exact()
        yield from self._hop()

    def _island(self) -> Asks:
        """A population from random starts at the first level, where it joins those before."""
        self.islands = self.population if self.population.members else None
        self.level, self.population = self.request.levels[0], Population(self.request.population)
        yield from self._fill()
        yield from self._breed(self.request.patience[0])
        if self.islands is not None:
            self.population, self.islands = together(self.islands, self.population), None

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.number, self.solves, STREAM])

    def _start(self, name: str, weights: np.ndarray, smoothings: tuple[float, ...], loose: bool = True) -> Start:
        start = Start(f"{name} {self.solves}{OF_SEARCH}{self.number}", weights, smoothings, loose)
        self.solves += 1
        return start

    def _wait(self, patience: int) -> int:
        """Children without a new best after which a stage ends, below the first level fewer for one that is behind."""
        late = self.behind and self.level < self.request.levels[0]
        return int(np.ceil(patience * (LESS if late else 1.0) / self.company))

    def _spent(self) -> bool:
        return self.solves >= self.request.most_solves

    def _fill(self) -> Asks:
        problem = self.problem
        starts = [self._start("given", weights, (self.level,)) for weights in self.founders]
        for _ in range(self.request.starts):
            weights = initial_weights(problem.geodesic, problem.steps, self._rng(), self.request.noise)
            first = (FIRST_SMOOTHING,) if self.level < FIRST_SMOOTHING else ()
            starts.append(self._start("start", weights, (*first, self.level)))
        for ended in (yield starts):
            self.population.enter(ended)

    def _carry(self, level: float) -> Asks:
        """The population at a smaller ε, each member followed from its own: entries on a kink shrink with ε."""
        way = (self.level, level)
        starts = [self._start("carried", member.point.weights[:, 0], way) for member in self.population.members]
        told = yield starts
        self.level, self.population = level, Population(self.population.size)
        for ended in told:
            self.population.enter(ended)

    def _breed(self, patience: int) -> Asks:
        """Children until `patience` of them in a row were no new best, or a share of that many no new minimum."""
        waited = stale = 0
        broad = self.level >= BROAD
        allowed = np.array([self._has_room(move) and (broad or move.name not in BROAD_ONLY) for move in MOVES])
        while (
            waited < self._wait(patience) and stale < STALE * patience and self.population.members and not self._spent()
        ):
            chosen, starts = [], []
            for _ in range(ROUND):
                rng = self._rng()
                place = self.moves.choose(rng, allowed)
                parents = self.population.parents(MOVES[place].parents, rng)
                known = [Parent(p.point.weights[:, 0], p.point.representations) for p in parents]
                chosen.append(place)
                starts.append(self._start(MOVES[place].name, self._moved(MOVES[place], known, rng), (self.level,)))
            for place, ended in zip(chosen, (yield starts), strict=True):
                best = self.population.best
                stale = 0 if self.population.is_new(ended) else stale + 1
                entered = self.population.enter(ended)
                lower = self.population.best < best
                waited = 0 if lower else waited + 1
                self.moves.learn(place, BEST_EARNS * lower or float(entered), ended.point.iterations)

    def _to_exact(self) -> Asks:
        """The best of the last population carried to the exact ReLU."""
        self._take((yield self._carried_to_exact(self.population.members[: self.request.elite], "elite")))

    def _carried_to_exact(self, smoothed: Sequence[Ended], name: str = "hop") -> list[Start]:
        """Starts from smoothed minima of the last level that go on to the exact ReLU."""
        return [self._start(name, one.point.weights[:, 0], self.request.levels[-1:], False) for one in smoothed]

    def _take(self, ended: Sequence[Ended]) -> bool:
        """Keep ends of the exact stage; whether one is a new best."""
        before = self.best
        self.found += ended
        after = self.best
        return after is not None and (before is None or after.cost < before.cost * (1.0 - LOWER))

    def _hop(self) -> Asks:
        """Fine moves of the best exact path, with other exact minima mixed in.

        Most lead to a smoothed minimum whose exact path is known; only the others are carried there.
        """
        waited = 0
        while waited < self._wait(self.request.hops) and (exact := self._exact()) and not self._spent():
            usual = [self._has_room(move) and move.parents <= len(exact) for move in FINE_MOVES]
            allowed = np.array(usual) & np.array([move is not OPENING for move in FINE_MOVES])
            known = [self._parent(outcome) for outcome in exact]
            opening = has_idle_neuron(self.problem.geodesic, known[0].path)
            chosen, starts = [], []
            for number in range(ROUND):
                rng = self._rng()
                opens = opening and number == 0
                place = FINE_MOVES.index(OPENING) if opens else self.fine_moves.choose(rng, allowed)
                others = 1 + rng.permutation(len(exact) - 1)[: FINE_MOVES[place].parents - 1]
                moved = self._moved(FINE_MOVES[place], [known[rank] for rank in (0, *others)], rng)
                chosen.append(place)
                starts.append(self._start("hop", moved, self.request.levels[-1:]))
            ended = yield starts
            fresh = self._not_carried(ended)
            carried = iter((yield self._carried_to_exact(fresh)) if fresh else ())
            for place, smoothed in zip(chosen, ended, strict=True):
                own = [next(carried)] if any(smoothed is other for other in fresh) else []
                lower = self._take(own)
                waited = 0 if lower else waited + 1
                entered = any(outcome is one.outcome for outcome in self._exact() for one in own)
                cost = sum(one.outcome.iterations for one in (smoothed, *own))
                self.fine_moves.learn(place, BEST_EARNS * lower or float(entered), cost)

    def _not_carried(self, ended: Sequence[Ended]) -> list[Ended]:
        """The smoothed minima among these that differ from each other and from all whose exact path is known, but those
        that are too high."""
        known, fresh = [one.point.cost for one in self.found], []
        limit = min(known, default=np.inf) * (1.0 + HOPELESS)
        for one in ended:
            cost = one.point.cost
            new = not any(abs(cost - other) <= LOWER * abs(other) for other in known)
            if one.point.converged and cost <= limit and new:
                known.append(cost)
                fresh.append(one)
        return fresh

    def _exact(self) -> list[StartOutcome]:
        """The best distinct ends of the exact stage, as many as a population holds, best first."""
        ends = sorted((e.outcome for e in self.found if e.outcome.converged), key=lambda outcome: outcome.cost)
        distinct: list[StartOutcome] = []
        for outcome in ends:
            if not distinct or outcome.cost > distinct[-1].cost * (1.0 + LOWER):
                distinct.append(outcome)
        return distinct[: self.request.population]

    def _parent(self, outcome: StartOutcome) -> Parent:
        weights = outcome.weights[:, 0]
        return Parent(weights, self.problem.geodesic.propagate(weights, self.problem.steps))

    def _has_room(self, move: Move) -> bool:
        return move.free <= free_neurons(self.problem.geodesic).size

    def _moved(self, move: Move, parents: list[Parent], rng: np.random.Generator) -> np.ndarray:
        return move.change(Draw(self.problem.geodesic, self.problem.steps, parents, rng))
