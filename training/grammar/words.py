"""Ordinary words the grammar draws names from. Our own lists; nothing was downloaded.

Lists called CORE are always seen in training (a house without a kitchen would be a poor
teacher) and never used when evaluating; the closed classes of `names` are in both; all other
lists are split word by word.
"""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split(",") if part.strip())


CORE_AREAS = _lines("""
kitchen, living room, bedroom, bathroom, hallway, office, garage, dining room, garden, basement, attic, guest room,
kids room, laundry room, entrance, balcony, terrace, study, master bedroom
""")

AREAS = _lines("""
upstairs bathroom, downstairs bathroom, guest bedroom, kids bedroom, kids bathroom, main bedroom, second bedroom,
third bedroom, baby room, boys room, girls room, family room, great room, living area, dining area, breakfast room,
prayer room, yoga room, exercise room, weight room, rec room, rumpus room, computer room, reading room, garden room,
trophy room, panic room, furnace room, utility closet, linen closet, coat closet, front hall, back hall, upstairs hall,
downstairs hall, front garden, back garden, side yard, front porch, back porch, back patio, pool area, tool shed,
bike shed, garden shed, root cellar, wine room, home office, home theater, home cinema, home gym, upstairs office,
upstairs bedroom, downstairs bedroom, guest toilet, guest house, crawl space, laundry, hall, rooftop, side entrance,
upstairs landing, downstairs hallway, piano room, printer room, plant room, billiard room, smoking room, waiting room,
lounge, sitting room, front room, playroom, nursery, pantry, larder, utility room, mud room, sunroom, conservatory,
library, workshop, shed, greenhouse, porch, patio, deck, driveway, back yard, front yard, pool, sauna, gym, cinema,
music room, game room, den, loft, cellar, wine cellar, boiler room, server room, closet, walk in closet,
dressing room, en suite, toilet, washroom, powder room, corridor, landing, staircase, stairwell, foyer, lobby,
reception, meeting room, conference room, break room, canteen, studio, atelier, darkroom, craft room, sewing room,
storage room, store room, spare room, guest bathroom, main bathroom, small bathroom, back bedroom, front bedroom,
upstairs hallway, downstairs toilet, barn, stable, boat house, summer house, pool house, cabin, annex, carport,
bike room, scullery, breakfast nook, reading corner, bay window, winter garden, roof terrace, courtyard, alcove,
snug, parlour, drawing room, ballroom, observatory, classroom, lab, kennel, coop, veranda, gazebo, pergola,
teenagers room, granny flat, hobby room, tv room, media room, box room, cloakroom, changing room, steam room,
hot tub area
""")

PEOPLE = _lines("""
ada, alan, alice, amir, anna, arthur, bea, ben, bob, carla, carlos, chloe, dana, david, dmitri, edith, elena, eli,
emma, erik, fatima, felix, finn, freya, george, grace, greta, hana, harry, hugo, ida, ines, ivan, jack, jana, jonas,
julia, kai, karim, kate, kofi, lara, lena, leo, liam, lily, lin, lucas, luna, maja, marco, maria, mateo, max, maya,
mia, mina, mohamed, nadia, nils, nina, noah, nora, oliver, olga, omar, oscar, otto, paul, petra, pia, priya, quinn,
rafael, ravi, rosa, ruth, sam, sara, sofia, stefan, sven, tara, theo, tim, tom, uma, vera, victor, wei, wendy, will,
xavier, yara, yuki, zoe, zara, grandma, grandpa, mum, dad, mom, granny, auntie, uncle joe, mister jones, daddy,
mommy, nana, papa, aunt sue
""")

CORE_THINGS = _lines("""
lamp, tv, television, radio, heater, coffee machine, coffee maker, kettle, plug, socket, speaker, stereo,
air conditioner, air conditioning, ac, dishwasher, washing machine, dryer, oven, desk lamp, floor lamp,
bedside lamp, table lamp, computer, printer, pump, humidifier, dehumidifier, toaster, microwave, heating, heat,
stove, sprinklers, christmas tree, central heating, music system, games room tv, kitchen tv, bedroom lamp,
living room tv, bedroom tv, office computer
""")

THINGS = _lines("""
fountain, sprinkler, towel rail, electric blanket, heated floor, underfloor heating, air purifier, air fryer,
rice cooker, slow cooker, espresso machine, milk frother, bread maker, ice maker, freezer, fridge, mini fridge,
wine cooler, aquarium, fish tank, terrarium, heat lamp, heat pump, grow lamp, lava lamp, salt lamp, standing lamp,
tripod lamp, pendant, chandelier, sconce, spotlight, floodlight, lantern, led strip, light strip, neon sign,
disco ball, projector, beamer, soundbar, subwoofer, amplifier, turntable, record player, games console, playstation,
xbox, laptop charger, phone charger, monitor, router, doorbell, baby monitor, camera, siren, mower, pool pump,
pond pump, well pump, boiler, immersion heater, radiator, fireplace, hob, cooker hood, crockpot, juicer, blender,
food processor, waffle iron, server, nas, media player, set top box, receiver, electric fence, bug zapper,
mosquito trap, cat feeder, dog feeder, bird bath heater, hair dryer, curling iron, vanity mirror, shaver socket,
massage chair, treadmill, exercise bike, sewing machine, soldering iron, 3d printer, laser cutter, drill press,
compressor, extension lead, power strip, smart plug, wall outlet, outlet, relay, garden hose, irrigation, jacuzzi,
hot tub, whirlpool, car charger, wallbox, battery charger, inverter, generator, typewriter
""")

QUALIFIERS = _lines("""
big, small, tall, little, old, new, red, blue, green, white, black, yellow, purple, orange, golden, silver, left,
right, middle, upper, lower, front, back, side, corner, main, second, third, spare, round, square, wooden, glass,
antique, vintage, modern, portable, outdoor, indoor, north, south, east, west, far, near, tiny, giant, fancy,
broken, noisy, quiet, bright, cosy, rainbow, dragon, unicorn, mushroom, rocket, moon, star, cactus, owl, bubble
""")

THING_NOUNS = _lines("""
lamp, heater, tv, speaker, plug, radio, pump, socket, charger, humidifier, printer, machine, screen, lantern,
outlet, fountain, strip, camera, cooler, blanket, monitor, purifier, stereo, kettle, boiler
""")

CORE_ITEMS = _lines("""
milk, bread, eggs, butter, cheese, coffee, tea, sugar, salt, apples, bananas, tomatoes, potatoes, onions, rice,
pasta, toilet paper, water, chicken, beer
""")

ITEMS = _lines("""
oat milk, almond milk, buttermilk, cream, sour cream, yoghurt, greek yogurt, mozzarella, cheddar, feta, parmesan,
ham, bacon, sausages, salami, turkey, beef, minced meat, steak, lamb chops, salmon, tuna, cod, shrimp, tofu, tempeh,
lentils, chickpeas, black beans, kidney beans, peas, sweetcorn, carrots, celery, cucumber, lettuce, spinach, kale,
broccoli, cauliflower, cabbage, leeks, garlic, ginger, chillies, peppers, red peppers, courgettes, zucchini,
aubergine, pumpkin, squash, mushrooms, avocados, lemons, limes, oranges, grapefruit, pears, plums, peaches,
nectarines, grapes, strawberries, raspberries, blueberries, cherries, mango, pineapple, kiwis, melon, dates, figs,
raisins, almonds, walnuts, cashews, peanuts, peanut butter, jam, honey, maple syrup, nutella, flour, yeast,
baking powder, baking soda, vanilla, cinnamon, nutmeg, paprika, curry powder, cumin, oregano, basil, thyme, parsley,
coriander, mint, rosemary, pepper, olive oil, sunflower oil, vinegar, soy sauce, ketchup, mustard, mayonnaise,
hot sauce, noodles, spaghetti, couscous, quinoa, oats, muesli, cornflakes, crackers, crisps, popcorn, chocolate,
dark chocolate, biscuits, cookies, ice cream, cake, tortillas, bagels, croissants, baguette, rolls, orange juice,
apple juice, lemonade, cola, sparkling water, red wine, white wine, gin, whisky, cider, green tea, decaf coffee,
filters, coffee filters, bin bags, trash bags, dish soap, washing up liquid, detergent, fabric softener, bleach,
sponges, paper towels, kitchen roll, tissues, napkins, shampoo, conditioner, soap, shower gel, toothpaste,
toothbrushes, dental floss, deodorant, razors, cotton wool, plasters, painkillers, vitamins, nappies, diapers,
baby wipes, baby food, cat food, dog food, cat litter, bird seed, batteries, light bulbs, candles, matches,
tin foil, cling film, baking paper, glue, tape, envelopes, stamps, flowers, potting soil, charcoal
""")

MEASURES = _lines("""
two, three, four, six, ten, a dozen, a few, a bottle of, two bottles of, a pack of, a bag of, a box of, a jar of,
a can of, three cans of, a kilo of, half a kilo of, a pound of, 500 grams of, a litre of, 2 litres of, a bunch of,
a carton of, a tin of, a roll of, organic, fresh, frozen, 2, 3, 12
""")

UNITS = tuple(
    (pair.split("/")[0], pair.split("/")[1])
    for pair in _lines("""
bottle/bottles, pack/packs, packet/packets, bag/bags, box/boxes, jar/jars, can/cans, carton/cartons, tin/tins,
roll/rolls, loaf/loaves, bunch/bunches, kilo/kilos, pound/pounds, litre/litres, tube/tubes, case/cases, cup/cups,
gallon/gallons, slice/slices, piece/pieces, gram/grams, head/heads, stick/sticks, tub/tubs
""")
)

NUMBERS = _lines("one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve")

TIMER_NAMES = _lines("""
pizza, pasta, egg, eggs, tea, oven, bread, cake, cookie, chicken, rice, workout, nap, meditation, homework,
break, parking, steak, roast, dough, yoga, piano, reading, bath, lunch, dinner, potato, soup, barbecue, dishes,
plank, game, screen time, tooth brushing, bedtime, medicine, walk, dishwasher, dryer, coffee, plant,
noodles, lasagne, cookies, muffins, pie, quiche, stew, beans, lentils, quinoa, oatmeal, pancakes, waffles, bacon, fish,
shrimp, turkey, ham, ribs, sauce, gravy, popcorn, casserole, brownies, croissants, dumplings, sushi, tacos, marinade,
yeast, jam, broth, compost, face mask, hair dye, nails, shower, stretching, sprint, rest, squats, push ups, boxing,
swim, violin, guitar, drums, homework break, exam, quiz, meeting, speech, call, nap time, quiet time, story time,
time out, tv time, screen, tablet time, recess, feeding, diaper, bottle, pills, eye drops, inhaler, ice pack, wash,
rinse, spin, drying, ironing, mop, paint, glue, varnish, primer, plaster, charger, kettle, grill, smoker, fryer, dog,
puppy, litter, sprinkler, hose, tub, board game, chess, turn, round, puzzle, train, bus, taxi, school, carpool
""")

PLACES = _lines("""
paris, london, berlin, madrid, rome, lisbon, oslo, vienna, prague, tokyo, osaka, delhi, cairo, nairobi, lagos,
sydney, perth, toronto, boston, chicago, denver, texas, france, spain, italy, peru, brazil, chile, norway, iceland,
egypt, kenya, japan, korea, mars, the moon, canada, mexico, portugal, greece, turkey, india, vietnam, scotland
""")

TOPICS = _lines("""
history, football, chess, dinosaurs, black holes, gravity, the roman empire, jazz, opera, cooking, knitting,
photosynthesis, volcanoes, evolution, democracy, philosophy, poetry, economics, bitcoin, robots, whales, sharks,
penguins, elephants, bees, spiders, cats, dogs, horses, trains, planes, ships, bicycles, electric cars, guitars,
pianos, violins, painting, sculpture, photography, movies, novels, comics, video games, tennis, basketball, cricket,
rugby, golf, swimming, running, hiking, climbing, sailing, fishing, gardening, astronomy, chemistry, physics,
biology, geometry, algebra, grammar, latin, french, spanish, german, chinese, marriage, politics, religion, money,
taxes, inflation, interest rates, the stock market, the lights, lamps, kitchens, heating, thermostats, timers,
shopping, groceries, rain, snow, the weather channel, light bulbs, smart homes
""")

VERBS = _lines("""
sell, paint, repair, clean, build, draw, find, lose, steal, borrow, lend, eat, cook, bake, fry, boil, wash, dry,
fold, carry, throw, catch, kick, read, write, sing, play, watch, visit, call, text, email, invite, love, hate, like,
remember, forget, understand, explain, describe, translate, spell, pronounce, count, measure, weigh, compare
""")

NOUNS = _lines("""
house, dog, cat, horse, book, song, poem, letter, story, movie, game, ball, chair, table, bed, sofa, window, door,
wall, roof, floor, kitchen, bathroom, garden, tree, flower, river, mountain, island, city, village, street, bridge,
train, bus, plane, boat, bicycle, phone, computer, clock, watch, camera, guitar, piano, drum, lamp, light, fan,
timer, heater, list, thermostat, box, bag, bottle, cup, plate, knife, fork, spoon, pan, pot, shirt, hat, shoe, coat,
ring, doctor, teacher, nurse, baker, farmer, pilot, king, queen,
president, actor, singer, writer, number, word, question, answer, problem, idea, dream
""")

ADJECTIVES = _lines("""
happy, sad, angry, tired, hungry, thirsty, cold, hot, warm, bright, dark, loud, quiet, fast, slow, heavy, strange,
funny, boring, beautiful, ugly, old, young, tall, short, rich, poor, clever, silly, brave, lazy, kind, nice, bad
""")

HOUSE_WORDS = frozenset(
    _lines("""
light, lamp, fan, timer, heater, thermostat, list, kitchen, bathroom, garden, window, door, floor, phone, camera,
outdoor, indoor, box, roof, wall, watch, main, big, side, corner, song, movie, story, game
""")
)
"""Ordinary words that would change a sentence's meaning inside a made-up name."""

TELLING = frozenset(
    _lines("""
the, all, and, for, from, with, off, out, not, please, both, every, any, some, more, half, full, quarter, quarters,
three, way, minute, minutes, second, seconds, hour, hours, percent, degrees, timer, timers, countdown, scene, script,
routine, automation, mode, setting, valve, valves, switch, switches, lights, lighting, fans, lock, locks, doors, gate,
gates, windows, garage, called, named, are, was, were, has, have, had, did, does, that, this, what, which, where, when,
who, why, how, many, much, you, your, our, mine, it's, its, him, her, they, them, then, there, here, outside, upstairs,
downstairs, over, into, onto, about, until, because, volume, brightness, temperature, position, shopping, grocery,
vacuum, dock, base, state, music, track, song, battery, if, would, could, should, can, will, nobody, somebody, someone,
anyone, everyone, anybody, home, away, open, closed, locked, unlocked, running, but, also, only, than, too
""")
)
"""Words that tell what a sentence asks for, and so are no part of made-up names."""

# What follows are closed classes: they have to be known, not copied, so evaluation uses all of them too.

LAMPS = _lines("""
night light, reading light, desk light, ceiling light, ceiling lights, bedside light, christmas lights,
fairy lights, string lights, wall light, wall lights, mirror light, cabinet lights, under cabinet lights,
strip lights, led lights, spot lights, flood light, vanity light, picture light, mood light, accent light,
rope lights, tree lights, pendant light, sink light, shelf lights, security light, step lights, track lights,
disco light, big light, main light, main lights, overhead light, overhead lights, side light, corner light,
table light, standing light
""")

FANS = _lines("""
ceiling fan, tower fan, desk fan, box fan, extractor fan, exhaust fan, floor fan, standing fan, pedestal fan,
window fan, big fan, small fan, vent fan, table fan
""")

FLOORS = _lines("""
upstairs, upstairs, upstairs, downstairs, downstairs, downstairs, first floor, second floor, third floor,
ground floor, top floor, upper floor, lower floor, main floor, basement floor, bottom floor, fourth floor
""")

COLORS = _lines("""
red, green, blue, yellow, orange, purple, pink, white, warm white, cool white, turquoise, violet, cyan, magenta,
lime, teal, gold, amber, lavender, brown, black, dark blue, light blue, soft white, daylight, indigo, coral, salmon
""")

DAYS = _lines("monday, tuesday, wednesday, thursday, friday, saturday, sunday")

WAY_ADJECTIVES = _lines("""
front, back, side, left, right, main, rear, upper, lower, middle, outer, inner, big, small, top, bottom, east, west,
north, south, second, other, sliding, glass, french, double, bay, corner, large
""")

DOORS = _lines("""
front door, front door, front door, back door, back door, side door, main door, rear door, entry door, outer door,
inner door, screen door, storm door, glass door, sliding door, cat door, dog door, pet door, french doors,
double doors, left door, right door, fire door, service door, front gate, back gate, side gate, main gate
""")

VALVES = _lines("""
main valve, water valve, gas valve, main water valve, irrigation valve, sprinkler valve, shutoff valve, drain valve,
heating valve, hot water valve, front valve, left valve, boiler valve, radiator valve, cold water valve, drip valve
""")

ZONES = _lines("work, school, university, club, train station, airport, church, college, daycare, pub")

FOLKS = _lines("kids, children, parents, boys, girls, guests, twins, grandparents, in laws, cleaners")

RELATIVES = _lines(
    "husband, wife, son, daughter, partner, boyfriend, girlfriend, roommate, flatmate, mother, father, mom, dad, boss, "
    "sister, brother, uncle, aunt, cousin, grandmother, grandfather, grandma, grandpa, friend, neighbour"
)

# Open classes again, split word by word.

CORE_PLAYERS = _lines(
    "tv, speaker, stereo, radio, television, kitchen speaker, living room tv, soundbar, bedroom speaker"
)

PLAYERS = _lines("""
bathroom radio, record player, projector, receiver, amplifier, office speaker, kitchen radio,
sound system, music system, bedroom tv, garden speakers, speakers, cinema system, clock radio, subwoofer, boombox,
jukebox, set top box, tablet, turntable, wide screen, hifi, boom speaker, apple tv, chromecast, echo, smart speaker,
fire stick, music box, streaming stick,
gramophone, tape deck, cassette player, dvd player, media player, media center, game console, home cinema, sound bar,
beamer, big screen, small tv, wall tv, kids tv, smart tv, satellite receiver, internet radio, alarm radio, shower radio,
car radio, pocket radio, party speaker, floor speakers, ceiling speakers, surround system, music player, music stick,
karaoke machine, headphones, bookshelf speakers, outdoor speakers, portable speaker, studio monitors, vinyl player,
video wall, tuner, preamp, walkman, laptop, desktop, music server, home theater, music corner
""")

PLAYER_NOUNS = _lines("speaker, speakers, tv, radio, stereo, soundbar, television, player, sound system")

CORE_VACUUMS = _lines(
    "vacuum, vacuum cleaner, robot, robot vacuum, hoover, cleaning robot, vacuum robot, robo vac, roomba"
)

VACUUMS = _lines("""
rosie, dusty, robby, wally, dirt devil, sweeper, mister clean, sucky, roomie, upstairs vacuum, downstairs vacuum,
buddy, marvin, hal, bender, crumbs, floor bot, old faithful, sir sucks a lot, jeeves, alfred, cleaner, mop robot,
scooter, snoopy, whiskers, noodle, biscuit, hoovie, vincent, vinnie, vicky, vera, fluffy, pebbles, bubbles, tidy,
mopsy, flash, turbo, zippy, rocket, nibbles, gobbles, chomp, muncher, dustin, dusty bun, dust bunny, lint, fuzz,
mister dusty, miss swish, count suckula, captain clean, big sucker, lady broom, tidy tom, the butler, little helper,
hedgehog, beetle, turtle, roller, scrubby, scrubber, mopper, sparky, patches, pickles, waffle, pancake,
cinder, cinderella, filthy frank, broom hilda, kirby, nemo, dory, toothless, gizmo, widget, sprocket, cleany,
kitchen robot, floor robot, wet mop, ground crew
""")

SCENES = _lines("""
party, movie, movie night, romantic, dinner, relax, reading, good night, goodnight, morning, good morning, bedtime,
focus, gaming, sunset, sunrise, cozy, cooking, christmas, halloween, away, welcome, evening, breakfast,
date night, chill, work, study, concentration, energize, tropical, ocean, forest, aurora, candlelight, bright,
night, nightlight, yoga, meditation, spa, guests, vacation, summer, winter, storm, thunder, cinema, dance, disco,
sleep, wake up, nap time, story time, homework, arrival, leaving, dim, spring blossom, northern lights, savanna
""")

SCRIPTS = _lines("""
bedtime, good morning, good night, leaving home, coming home, wake up, welcome home, vacation, arrive home,
start the day, stealth, panic, laundry done, feed the fish, water the plants, garbage day, school morning,
coffee time, shut everything down, lock down, away, night watch, cleaning day, doorbell ring, guest arrival,
movie time, reset, backup, restart router, morning briefing, good bye, sunday brunch, dishwasher done, fire drill,
dog walk, relax
""")

CORE_GADGETS = _lines(
    "phone, washing machine, fridge, freezer, dishwasher, car, tablet, laptop, dryer, oven, heat pump, router"
)

GADGETS = _lines("""
front door sensor, smoke detector, doorbell, water meter, boiler, furnace, solar panels, ev charger, robot mower,
thermometer, leak sensor, motion sensor, remote, watch, computer, printer, server, nas, washer, wine cooler,
aquarium, fish tank, water heater, hot tub, rain sensor, weather station, mailbox, lock, inverter, battery pack,
generator, air purifier, dehumidifier, electric meter, gas meter, smart plug, tv, thermostat, garage sensor, camera,
bike, scooter, window sensor, temperature sensor, ice box, greenhouse sensor, sump pump, water pump, water tank,
oil tank, radiator, air conditioner, coffee machine, kettle, chimney, 3d printer, console, projector, scale,
plant sensor, ficus, e bike
""")

GADGET_NOUNS = _lines(
    "sensor, phone, meter, detector, tablet, watch, laptop, car, monitor, charger, pump, machine, tank"
)

CORE_MACHINES = _lines("washing machine, dishwasher, dryer, washer, dishwasher, oven, laundry")

MACHINES = _lines("""
tumble dryer, robot mower, lawn mower, heat pump, pool pump, sump pump, bread maker, 3d printer, boiler, furnace,
generator, coffee machine, air fryer, slow cooker, rice cooker, sprinkler, irrigation, well pump, compressor,
backup, dehumidifier, air conditioner, ice maker, laser cutter, sous vide, incubator, hot tub, water softener,
coffee maker
""")
